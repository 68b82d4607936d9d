"""What apps have used and done: the last hour and the last day, in memory alone.

docs/decisions/0025-history.md says why so, and what it takes.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portico.control.figures.counts import errors, quantile, total
from portico.control.figures.latest import FRESH
from portico.control.figures.ring import Ring, Series, Span, spans
from portico.figures import BOUNDS, AppFigures, Figures, Requests


class Range(StrEnum):
    HOUR = "hour"
    DAY = "day"


Values = list[float | None]
# The length of a step in seconds, and how many there are.
STEPS = {Range.HOUR: (10, 360), Range.DAY: (300, 288)}

# Of the app as a whole, each a second; of what took long how much is in each of BOUNDS and above.
REQUESTS, ERRORS = ("", "requests"), ("", "errors")
TOOK = [("", f"took {number}") for number in range(len(BOUNDS) + 1)]


@dataclass(frozen=True)
class Past:
    """A value for each step from `start` (Unix time) on; None where nothing was seen."""

    start: int
    step: int
    count: int
    series: dict[Series, Values]

    @property
    def process_types(self) -> list[str]:
        """Those of which anything was seen, web before the rest."""
        kinds = {kind for kind, _ in self.series if kind}
        return sorted(kinds, key=lambda kind: (kind != "web", kind))

    def values(self, kind: str, name: str) -> Values:
        return self.series.get((kind, name), [None] * self.count)

    def latency(self, share: float) -> Values:
        """Seconds within which that share of each step's answers began."""
        took = zip(*(self.values(*series) for series in TOOK), strict=True)
        return [quantile([count or 0.0 for count in counts], share) for counts in took]

    def latest(self, values: Values) -> float | None:
        """The last value, unless it is long ago."""
        steps = 1 + math.ceil(FRESH / self.step)
        return next((value for value in values[: -steps - 1 : -1] if value is not None), None)


class History:
    """Read and written by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings = {range_: Ring(*steps) for range_, steps in STEPS.items()}
        self._looked: float | None = None
        self._counted: float | None = None  # the router was there to be asked

    def take(self, figures: Figures, answered: Mapping[int, Requests]) -> None:
        """A look, and what was answered since the one before that the router was asked at.

        What it says holds since then, if that is not too long ago.
        """
        now, counted = figures.time, _recent(self._counted, figures.time)
        used = {app.id: by_type(app) for app in figures.apps}
        done = {}
        if figures.platform and counted:
            seconds = now - counted
            done = {app.id: rates(answered.get(app.id), seconds) for app in figures.apps}
        with self._lock:
            for ring in self._rings.values():
                times = spans(ring.step, _recent(self._looked, now), now)
                ring.cover(times)
                _add(ring, used, times)
                _add(ring, done, spans(ring.step, counted, now))
            self._looked = now
            self._counted = now if figures.platform else self._counted

    def of_app(
        self, app_id: int, range_: Range, since: float = 0, now: float | None = None
    ) -> Past:
        """Up to this moment; `since`: from the step on in which that moment was."""
        ring = self._rings[range_]
        moment = time.time() if now is None else now
        with self._lock:
            last = max(int(moment // ring.step), ring.newest)
            first = min(max(int(since // ring.step), last - ring.length + 1), last)
            series = ring.read(app_id, first, last)
        return Past(first * ring.step, ring.step, last - first + 1, series)


def by_type(app: AppFigures) -> dict[Series, float]:
    """Of each process type the cores that its processes use together, and the memory of the largest.

    That is what a process is ended for; cores are shared by all of them.
    """
    found: dict[Series, float] = {}
    for process in app.processes:
        kind = process.name.rpartition(".")[0]
        if process.cpu is not None:
            found[kind, "cpu"] = found.get((kind, "cpu"), 0.0) + process.cpu
        if process.memory is not None:
            found[kind, "memory"] = max(found.get((kind, "memory"), 0.0), process.memory)
    return found


def rates(answered: Requests | None, seconds: float) -> dict[Series, float]:
    """What was answered in so many seconds, each second."""
    if answered is None:
        return {REQUESTS: 0.0, ERRORS: 0.0}
    took = {
        series: count / seconds for series, count in zip(TOOK, answered.took, strict=True) if count
    }
    return {REQUESTS: total(answered) / seconds, ERRORS: errors(answered) / seconds, **took}


def _add(ring: Ring, told: Mapping[int, Mapping[Series, float]], times: Sequence[Span]) -> None:
    for app_id, figures in told.items():
        ring.add(app_id, figures, times)


def _recent(before: float | None, now: float) -> float | None:
    return before if before is not None and 0 < now - before <= FRESH else None


history = History()
