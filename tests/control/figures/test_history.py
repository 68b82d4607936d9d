"""What web remembers of looks."""

from __future__ import annotations

import pytest

from portico.control.figures.history import ERRORS, REQUESTS, STEPS, History, Range, by_type
from portico.control.figures.latest import FRESH
from portico.figures import BOUNDS, AppFigures, Figures, ProcessFigures, Requests

NOON = 1_800_000_000


def app(*processes: tuple[str, float | None, int | None], id_: int = 7) -> AppFigures:
    told = (
        ProcessFigures(handle=f"{id_}-{name}-a", name=name, cpu=cpu, memory=memory)
        for name, cpu, memory in processes
    )
    return AppFigures(id=id_, processes=tuple(told))


def test_cores_are_added_up_and_the_largest_process_counts() -> None:
    told = app(("web.1", 0.5, 100), ("web.2", 0.25, 300), ("worker.1", None, None))
    assert by_type(told) == {("web", "cpu"): 0.75, ("web", "memory"): 300}


def history(*looks: tuple[float, float]) -> History:
    """Of moments after noon, and the cores that an app used until then."""
    made = History()
    for second, cores in looks:
        made.take(Figures(time=NOON + second, apps=(app(("web.1", cores, 1 << 20)),)), {})
    return made


def test_tells_the_last_hour_and_the_last_day() -> None:
    made = history((0, 0.1), (5, 0.2), (10, 0.4))
    hour = made.of_app(7, Range.HOUR, now=NOON + 12)
    assert (hour.step, hour.count, hour.start) == (10, 360, NOON - 3580)
    assert hour.process_types == ["web"]
    assert hour.values("web", "cpu")[-2:] == [pytest.approx(3.1 / 11), None]
    assert hour.values("web", "memory")[-2:] == [1 << 20, None]
    day = made.of_app(7, Range.DAY, now=NOON + 12)
    assert (day.step, day.count) == STEPS[Range.DAY]
    assert day.values("web", "cpu")[-1] == pytest.approx(3.1 / 11)
    assert made.of_app(8, Range.HOUR).process_types == []


def test_tells_what_has_come_since() -> None:
    made = history((0, 0.5), (5, 0.5), (20, 0.5))
    past = made.of_app(7, Range.HOUR, since=NOON + 11, now=NOON + 20)
    assert (past.start, past.count) == (NOON + 10, 2)
    ahead = made.of_app(7, Range.HOUR, since=NOON + 1e9, now=NOON + 20)
    assert (ahead.start, ahead.count) == (NOON + 20, 1)


def test_what_was_not_looked_at_for_long_is_a_hole() -> None:
    made = history((0, 0.5), (FRESH + 20, 0.5))
    values = made.of_app(7, Range.HOUR, since=NOON, now=NOON + FRESH + 20).values("web", "cpu")
    assert values[0] == values[-1] == 0.5
    assert set(values[1:-1]) == {None}


def test_the_latest_value_is_none_of_long_ago() -> None:
    made = history((0, 0.5))
    for later, expected in ((FRESH - 10, 0.5), (FRESH + 20, None)):
        past = made.of_app(7, Range.HOUR, now=NOON + later)
        assert past.latest(past.values("web", "cpu")) == expected


def test_web_comes_before_other_types() -> None:
    made = History()
    told = app(("clock.1", 0.1, 1), ("web.1", 0.1, 1), ("worker.1", 0.1, 1))
    made.take(Figures(time=NOON, apps=(told,)), {})
    assert made.of_app(7, Range.HOUR, now=NOON).process_types == ["web", "clock", "worker"]


def answered(good: int, bad: int = 0, slow: int = 0) -> Requests:
    """So many within the first of BOUNDS, or within the tenth of a second after half of one."""
    took = (good + bad, 0, 0, 0, 0, 0, 0, slow, *[0] * (len(BOUNDS) - 7))
    return Requests(answers=(0, good + slow, 0, 0, bad), took=took)


def served(*looks: tuple[float, int | None]) -> History:
    """Of moments after noon, and how much an app had answered since the look before.

    None: the router was away.
    """
    made = History()
    for second, count in looks:
        platform = None if count is None else Requests()
        told = Figures(time=NOON + second, apps=(app(),), platform=platform)
        made.take(told, {7: answered(count)} if count else {})
    return made


def per_second(made: History, until: float) -> list[float | None]:
    return made.of_app(7, Range.HOUR, since=NOON, now=NOON + until).values(*REQUESTS)


def test_what_was_answered_between_two_looks_is_a_rate() -> None:
    made = served((0, 0), (10, 20), (20, 0), (40, 40))
    assert per_second(made, 39) == [pytest.approx(20 / 11), 0.0, 2.0, 2.0]


def test_the_first_look_says_only_from_when_to_count() -> None:
    assert per_second(served((0, 5000)), 0) == [None]
    late = per_second(served((0, 0), (10, 10), (FRESH + 20, 5000)), FRESH + 20)
    assert late == [pytest.approx(10 / 11), *[None] * 11]


def test_what_the_router_counted_while_nobody_could_ask_it_is_no_spike() -> None:
    made = served((0, 0), (10, 10), (20, None), (30, None), (40, 60))
    assert per_second(made, 39) == [pytest.approx(10 / 11), 2.0, 2.0, 2.0]


def test_errors_and_latency_are_told_beside() -> None:
    made = History()
    told = Figures(time=NOON, apps=(app(),), platform=Requests())
    made.take(told, {})
    made.take(told.model_copy(update={"time": NOON + 9}), {7: answered(80, bad=10, slow=10)})
    past = made.of_app(7, Range.HOUR, since=NOON, now=NOON + 11)
    assert past.values(*ERRORS) == [pytest.approx(1.0), None]
    assert past.latency(0.5) == [pytest.approx(0.005 * 50 / 90), None]
    assert past.latency(0.95) == [pytest.approx(0.75), None]
    assert past.process_types == []
