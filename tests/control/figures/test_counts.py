from __future__ import annotations

import pytest

from portico.control.figures.counts import NONE, errors, fell, minus, plus, quantile, total
from portico.figures import BOUNDS, Requests


def took(**counts: int) -> Requests:
    """By the number of the bucket: `took(_0=1)`."""
    buckets = [counts.get(f"_{number}", 0) for number in range(len(BOUNDS) + 1)]
    return Requests(took=tuple(buckets))


SOME = Requests(answers=(0, 5, 2, 1, 1), took=(9, *[0] * 12), seconds=0.5)
MORE = Requests(answers=(0, 7, 2, 1, 4), took=(9, 5, *[0] * 11), seconds=0.75)


def test_counts_are_added_and_taken_apart() -> None:
    between = Requests(answers=(0, 2, 0, 0, 3), took=(0, 5, *[0] * 11), seconds=0.25)
    assert minus(MORE, SOME) == between
    assert plus(SOME, between) == MORE
    assert (total(MORE), errors(MORE)) == (14, 4)
    assert (total(NONE), errors(NONE)) == (0, 0)


def test_a_counter_that_shows_less_has_fallen() -> None:
    assert not fell(MORE, SOME)
    assert not fell(SOME, SOME)
    assert fell(Requests(answers=(0, 9, 9, 9, 0), took=SOME.took), SOME)
    assert fell(Requests(answers=SOME.answers), SOME)


@pytest.mark.parametrize(
    ("requests", "share", "seconds"),
    [
        (took(_0=10), 0.5, 0.0025),
        (took(_1=10), 1.0, 0.01),
        (took(_0=5, _4=5), 0.5, 0.005),
        (took(_0=5, _4=5), 0.6, 0.05 + 0.05 / 5),
        (took(_0=1, _12=9), 0.95, 30.0),
        (NONE, 0.5, None),
    ],
)
def test_a_quantile_lies_where_its_bucket_has_it(
    requests: Requests, share: float, seconds: float | None
) -> None:
    assert quantile(requests.took, share) == pytest.approx(seconds)
