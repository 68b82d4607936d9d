"""A history in steps of equal length, in which the newest step takes the place of the oldest."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping

# A process type, or '' for the app as a whole, and the name of a figure.
Series = tuple[str, str]
# The number of a step since 1970, and the seconds of it that are meant.
Span = tuple[int, float]

# Of these a step keeps the most that was seen, of all others the mean.
PEAKS = frozenset({"memory"})
# Process types of an app; deploys with ever new ones are no way to web's memory.
TYPES = 12


def spans(step: int, before: float | None, now: float) -> list[Span]:
    """What each step has of the time between two looks; without an earlier one a second of the last.

    So a figure that holds for half a minute is in each step of it, and no step gets the whole.
    """
    last = int(now // step)
    if before is None or before >= now:
        return [(last, 1.0)]
    numbers = range(int(before // step), last + 1)
    parts = ((n, min(now, (n + 1) * step) - max(before, n * step)) for n in numbers)
    return [(number, seconds) for number, seconds in parts if seconds > 0]


class _Column:
    """One series: sums over seconds, or peaks; NaN where nothing was seen."""

    __slots__ = ("seen", "values")

    def __init__(self, length: int) -> None:
        self.values = array("f", [math.nan]) * length
        self.seen = 0


class Ring:
    def __init__(self, step: int, length: int) -> None:
        self.step, self.length = step, length
        self.newest = 0
        self._covered = array("f", [0.0]) * length  # seconds of each step between two looks
        self._apps: dict[int, dict[Series, _Column]] = {}

    def cover(self, times: Iterable[Span]) -> None:
        """Make room for these steps. Where the clock was set back, what is ahead of it is forgotten."""
        for number, seconds in times:
            if number != self.newest:
                self._turn(number)
            self._covered[number % self.length] += seconds

    def add(self, app_id: int, figures: Mapping[Series, float], times: Iterable[Span]) -> None:
        """What an app has used or done all through these times, which are covered."""
        columns = self._apps.setdefault(app_id, {})
        for series, figure in figures.items():
            if (column := columns.get(series)) is None:
                if _too_many(columns, series[0]):
                    continue
                column = columns[series] = _Column(self.length)
            column.seen = self.newest
            put = _peak if series[1] in PEAKS else _sum
            for number, seconds in times:
                put(column.values, number % self.length, figure, seconds)

    def read(self, app_id: int, first: int, last: int) -> dict[Series, list[float | None]]:
        """Means and peaks of the steps from `first` to `last`; only series that have any."""
        there = range(max(first, self.newest - self.length + 1), min(last, self.newest) + 1)
        found = {}
        for series, column in self._apps.get(app_id, {}).items():
            known = dict(zip(there, self._figures(series, column, there), strict=True))
            values = [known.get(number) for number in range(first, last + 1)]
            if any(value is not None for value in values):
                found[series] = values
        return found

    def _figures(
        self, series: Series, column: _Column, numbers: Iterable[int]
    ) -> Iterator[float | None]:
        for number in numbers:
            slot = number % self.length
            value, seconds = column.values[slot], self._covered[slot]
            if math.isnan(value):
                yield None
            else:
                yield value if series[1] in PEAKS else value / seconds

    def _turn(self, number: int) -> None:
        """Make this step the newest, and forget those whose places are taken, or that lie ahead."""
        ahead = number < self.newest
        start, end = (number, self.newest) if ahead else (self.newest, number)
        gone = {n % self.length for n in range(max(start, end - self.length) + 1, end + 1)}
        self.newest = number
        for slot in gone:
            self._covered[slot] = 0.0
        for app_id, columns in list(self._apps.items()):
            self._forget(columns, gone)
            if not columns:
                del self._apps[app_id]

    def _forget(self, columns: dict[Series, _Column], gone: set[int]) -> None:
        for series, column in list(columns.items()):
            if column.seen <= self.newest - self.length:
                del columns[series]
                continue
            column.seen = min(column.seen, self.newest)
            for slot in gone:
                column.values[slot] = math.nan


def _sum(values: array[float], slot: int, figure: float, seconds: float) -> None:
    before = values[slot]
    values[slot] = figure * seconds + (0.0 if math.isnan(before) else before)


def _peak(values: array[float], slot: int, figure: float, _: float) -> None:
    before = values[slot]
    values[slot] = figure if math.isnan(before) else max(before, figure)


def _too_many(columns: Mapping[Series, _Column], kind: str) -> bool:
    kinds = {known for known, _ in columns if known}
    return kind != "" and kind not in kinds and len(kinds) >= TYPES
