"""What apps have used and done: the last hour and the last day, in memory alone.

docs/decisions/0025-history.md says why so, and what it takes.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from portico.control.figures.latest import FRESH
from portico.control.figures.ring import Ring, Series, spans
from portico.figures import AppFigures, Figures


class Range(StrEnum):
    HOUR = "hour"
    DAY = "day"


Values = list[float | None]
# The length of a step in seconds, and how many there are.
STEPS = {Range.HOUR: (10, 360), Range.DAY: (300, 288)}


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

    def latest(self, kind: str, name: str) -> float | None:
        """The last value, unless it is long ago."""
        steps = 1 + int(FRESH // self.step)
        return next((v for v in self.values(kind, name)[: -steps - 1 : -1] if v is not None), None)


class History:
    """Read and written by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings = {range_: Ring(*steps) for range_, steps in STEPS.items()}
        self._before: float | None = None

    def take(self, figures: Figures) -> None:
        """A look. What it says holds since the one before, if that is not too long ago."""
        now, before = figures.time, self._before
        if before is not None and now - before > FRESH:
            before = None
        told = {app.id: by_type(app) for app in figures.apps}
        with self._lock:
            self._before = now
            for ring in self._rings.values():
                times = spans(ring.step, before, now)
                ring.cover(times)
                for app_id, values in told.items():
                    ring.add(app_id, values, times)

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


history = History()
