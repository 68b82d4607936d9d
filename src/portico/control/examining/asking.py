"""What the agent was asked to look at and has not told yet. In memory: who asks can ask again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from portico.control.bell import PLAN, bell
from portico.examination import Part

AGAIN = 30.0  # seconds after which it is asked once more: an agent may have ended on the way


class Asking:
    """From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._missing: set[Part] = set()
        self._last = float("-inf")
        self._wanted = False

    def ask(self) -> None:
        """The agent hears it with the plan; while it is at it, once is enough."""
        with self._lock:
            now = time.monotonic()
            if self._missing and now - self._last < AGAIN:
                return
            self._missing, self._last, self._wanted = set(Part), now, True
        bell.ring(PLAN)

    def take(self) -> bool:
        """Whether the agent is to be told; then it has been."""
        with self._lock:
            wanted, self._wanted = self._wanted, False
            return wanted

    def told(self, parts: Iterable[Part]) -> None:
        with self._lock:
            self._missing.difference_update(parts)

    def is_missing(self, part: Part) -> bool:
        return part in self._missing


asking = Asking()
