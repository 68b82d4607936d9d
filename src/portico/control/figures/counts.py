"""Arithmetic of `portico.figures.Requests`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from portico.figures import BOUNDS, CLASSES, Requests

NONE = Requests()


def plus(one: Requests, other: Requests) -> Requests:
    return Requests(
        answers=tuple(map(int.__add__, one.answers, other.answers)),
        took=tuple(map(int.__add__, one.took, other.took)),
        seconds=one.seconds + other.seconds,
    )


def minus(now: Requests, before: Requests) -> Requests:
    """What was counted in between, none of it having fallen."""
    return Requests(
        answers=tuple(map(int.__sub__, now.answers, before.answers)),
        took=tuple(map(int.__sub__, now.took, before.took)),
        seconds=max(now.seconds - before.seconds, 0.0),
    )


def fell(now: Requests, before: Requests) -> bool:
    """Whether a counter shows less than before: who counts has started anew."""
    counters = zip((*now.answers, *now.took), (*before.answers, *before.took), strict=True)
    return any(one < other for one, other in counters)


def total(requests: Requests) -> int:
    return sum(requests.answers)


def errors(requests: Requests) -> int:
    """Answers of 500 and above."""
    return requests.answers[CLASSES.index("5")]


def quantile(took: Sequence[float], share: float) -> float | None:
    """Seconds within which that share of the answers began, None where there was none.

    `took` is how many, or how many a second, as in Requests.

    Within a bucket they are taken to lie evenly; above the last bound nothing is known but that.
    """
    wanted, low = share * sum(took), 0.0
    for high, count, reached in zip(BOUNDS, took, accumulate(took), strict=False):
        if count and reached >= wanted:
            return high - (high - low) * (reached - wanted) / count
        low = high
    return BOUNDS[-1] if took[-1] else None
