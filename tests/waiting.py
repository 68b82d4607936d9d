"""Wait for what comes about by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from portico.errors import PorticoError

SECONDS = 120.0  # a pause before a restart may last a minute, and the machine may be busy
UNANSWERED = (OSError, ValueError, PorticoError, httpx.HTTPError, AssertionError)
T = TypeVar("T")


def until(question: Callable[[], T], what: str = "it", seconds: float = SECONDS) -> T:
    """The first true answer; what cannot be answered now may be later."""
    deadline, why = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            if answer := question():
                return answer
        except UNANSWERED as error:
            why = error
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come about in {seconds:g} s: {why}") from why
