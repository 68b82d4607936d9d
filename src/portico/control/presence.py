"""Whether the agent is there: it asks for the plan all the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

GONE_AFTER = 5.0  # seconds between two of its questions


class Presence:
    """Written by one thread, read by any."""

    def __init__(self) -> None:
        self._asking = 0
        self._left = float("-inf")

    @property
    def is_here(self) -> bool:
        return self._asking > 0 or time.monotonic() - self._left < GONE_AFTER

    @contextmanager
    def asking(self) -> Iterator[None]:
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1
            self._left = time.monotonic()


agent = Presence()
