"""What apps have answered in the last minutes: enough to say how fast, and how many failed."""

from __future__ import annotations

import time
from collections.abc import Mapping

from portico.control.figures.counts import NONE, plus
from portico.figures import Requests

MINUTES = 5
STEP = 30
STEPS = MINUTES * 60 // STEP


class Recent:
    """Written by one thread, read by any."""

    def __init__(self) -> None:
        self._steps: dict[int, dict[int, Requests]] = {}  # by number since 1970, by app

    def take(self, unix: float, answered: Mapping[int, Requests]) -> None:
        """What was answered until then since the time before."""
        now = int(unix // STEP)
        for number in [one for one in self._steps if not now - STEPS < one <= now]:
            del self._steps[number]
        step = self._steps.setdefault(now, {})
        for app_id, requests in answered.items():
            step[app_id] = plus(step.get(app_id, NONE), requests)

    def of_app(self, app_id: int, unix: float | None = None) -> Requests:
        """In the last MINUTES, to half a minute."""
        now = int((time.time() if unix is None else unix) // STEP)
        found = NONE
        for number, step in list(self._steps.items()):
            if now - STEPS < number <= now and app_id in step:
                found = plus(found, step[app_id])
        return found
