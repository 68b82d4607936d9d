"""A history in steps: what each holds, and what is forgotten when."""

from __future__ import annotations

import pytest

from portico.control.figures.ring import TYPES, Ring, Series, spans

CPU: Series = ("web", "cpu")
MEMORY: Series = ("web", "memory")


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, 25.0, [(2, 1.0)]),
        (21.0, 26.0, [(2, 5.0)]),
        (18.0, 23.0, [(1, 2.0), (2, 3.0)]),
        (8.0, 32.0, [(0, 2.0), (1, 10.0), (2, 10.0), (3, 2.0)]),
        (15.0, 20.0, [(1, 5.0)]),
        (25.0, 25.0, [(2, 1.0)]),
        (90.0, 25.0, [(2, 1.0)]),
    ],
)
def test_a_time_is_shared_out_among_the_steps_it_lies_in(
    before: float | None, now: float, expected: list[tuple[int, float]]
) -> None:
    assert spans(10, before, now) == expected


def filled(*looks: tuple[float | None, float, float]) -> Ring:
    """Of ten seconds times five; a look is the time before, its own, and the cores used meanwhile."""
    ring = Ring(10, 5)
    for before, now, cores in looks:
        times = spans(10, before, now)
        ring.cover(times)
        ring.add(7, {CPU: cores, MEMORY: cores * 100}, times)
    return ring


def test_a_step_holds_the_mean_of_what_flows_and_the_peak_of_what_stands() -> None:
    ring = filled((10, 15, 1.0), (15, 20, 0.0), (20, 25, 2.0))
    assert ring.read(7, 0, 3) == {
        CPU: [None, 0.5, 2.0, None],
        MEMORY: [None, 100.0, 200.0, None],
    }


def test_of_an_app_that_was_not_there_for_a_part_of_a_step_the_rest_counts_as_nothing() -> None:
    ring = filled((10, 15, 1.0))
    ring.cover(spans(10, 15, 20))
    assert ring.read(7, 1, 1)[CPU] == [0.5]


def test_where_nobody_looked_there_is_nothing() -> None:
    ring = filled((None, 11, 1.0), (None, 38, 3.0))
    assert ring.read(7, 1, 3)[CPU] == [1.0, None, 3.0]


def test_the_newest_step_takes_the_place_of_the_oldest() -> None:
    ring = filled(*((n * 10.0, n * 10.0 + 10, float(n)) for n in range(1, 9)))
    assert ring.read(7, 1, 9)[CPU] == [None, None, None, 4.0, 5.0, 6.0, 7.0, 8.0, None]


def test_what_was_not_seen_for_a_whole_history_is_gone() -> None:
    ring = filled((10, 20, 1.0))
    for second in range(20, 60, 10):
        ring.cover(spans(10, second, second + 10))
    assert ring.read(7, 1, 1)[CPU] == [1.0]
    ring.cover(spans(10, 60, 70))
    assert ring.read(7, 0, 9) == {}
    assert ring._apps == {}


def test_a_clock_that_is_set_back_takes_what_lies_ahead_with_it() -> None:
    looks = ((20, 30, 2.0), (30, 35, 3.0), (35, 50, 4.0), (None, 31, 3.0))
    step_3 = pytest.approx((3.0 * 5 + 4.0 * 5 + 3.0) / 11)
    assert filled(*looks).read(7, 0, 5)[CPU] == [None, None, 2.0, step_3, None, None]
    assert filled(*looks, (40, 45, 1.0)).read(7, 2, 5)[CPU] == [2.0, step_3, 1.0, None]


def test_a_clock_that_jumps_ahead_and_back_leaves_a_history_that_goes_on() -> None:
    ring = filled((20, 30, 2.0), (None, 1e9, 3.0), (None, 41, 4.0), (41, 49, 4.0))
    assert ring.read(7, 0, 5)[CPU] == [None, None, None, None, 4.0, None]


def test_ever_new_process_types_take_no_more_room() -> None:
    ring = filled()
    times = spans(10, 0, 10)
    ring.cover(times)
    for number in range(TYPES + 5):
        ring.add(7, {(f"type-{number}", "cpu"): 1.0, ("", "requests"): 1.0}, times)
    assert len(ring.read(7, 0, 0)) == TYPES + 1
