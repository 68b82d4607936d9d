"""Figures that only grow, whoever of the others starts anew."""

from __future__ import annotations

from portico.control.figures.totals import FORGOTTEN, Total, Totals
from portico.figures import AppFigures, Figures, ProcessFigures, Requests


def count(number: int) -> Requests:
    return Requests(answers=(0, number, 0, 0, 0), took=(number, *[0] * 12), seconds=number / 8)


def look(
    time: float = 0, platform: int | None = 0, cpu: dict[str, float] | None = None, **apps: int
) -> Figures:
    """`_7=3`: app 7 has answered 3 requests."""
    used = tuple(
        ProcessFigures(handle=handle, name="web.1", cpu_seconds=seconds)
        for handle, seconds in (cpu or {}).items()
    )
    told = [AppFigures(id=int(app[1:]), requests=count(n)) for app, n in apps.items()]
    runs = [AppFigures(id=9, processes=used)] if cpu is not None else []
    there = None if platform is None else count(platform)
    return Figures(time=time, apps=(*told, *runs), platform=there)


def told(*looks: Figures) -> Totals:
    totals = Totals()
    for one in looks:
        totals.take(one)
    return totals


def requests(app: int, *looks: Figures) -> Requests:
    return told(*looks).of_app(app).requests


def test_the_first_look_says_from_where_to_count() -> None:
    looks = [look(_7=1000, platform=50), look(_7=1003, _8=2, platform=60)]
    assert told(looks[0]).of_app(7) == Total()
    assert requests(7, *looks) == count(3)
    assert requests(8, *looks) == count(2)  # it had answered nothing before
    assert requests(0, *looks) == count(10)


def test_a_look_without_the_router_is_no_first_one() -> None:
    assert requests(7, look(platform=None), look(_7=1000), look(_7=1001)) == count(1)


def test_each_look_tells_what_was_answered_since_the_one_before() -> None:
    totals = told(look(_7=5, _8=1))
    assert totals.take(look(_7=7, _8=1, platform=4)) == {7: count(2), 0: count(4)}
    assert totals.take(look(platform=None)) == {}
    assert totals.take(look(_7=8, platform=4)) == {7: count(1)}


def test_what_was_answered_lately_is_kept_beside_it() -> None:
    looks = [look(_7=5), look(_7=7, time=1000)]
    assert told(*looks).recent.of_app(7, 1000) == count(2)


def test_a_router_that_has_started_anew_is_noticed_by_any_counter() -> None:
    before = [look(_7=100, _8=5, platform=9), look(_7=110, _8=5, platform=9)]
    after = look(_7=2, _8=6, platform=1)
    assert requests(7, *before, look(platform=None), after) == count(12)
    assert requests(8, *before, after) == count(6)
    assert requests(8, *before, after, look(_7=2, _8=7, platform=1)) == count(7)
    # The app that was asked most is not among those that were asked again.
    assert requests(7, *before, look(_8=6), look(_7=1, _8=6)) == count(11)


def test_an_agent_that_knows_an_app_later_makes_nothing_of_it() -> None:
    assert requests(7, look(_7=100), look(_7=104), look(), look(_7=105)) == count(5)


def test_processor_time_goes_on_over_the_end_of_processes() -> None:
    looks = [
        look(cpu={"a": 100.0}),
        look(cpu={"a": 103.0}),
        look(cpu={"a": 104.0, "b": 2.0}),
        look(cpu={"b": 5.0}),
        look(),
        look(cpu={"b": 6.0}),
    ]
    grown = [told(*looks[: n + 1]).of_app(9).cpu_seconds for n in range(len(looks))]
    assert grown == [0.0, 3.0, 6.0, 9.0, 9.0, 10.0]


def test_an_app_that_nobody_tells_of_is_forgotten_after_a_day() -> None:
    looks = [look(_7=1), look(_7=3, time=10)]
    assert requests(7, *looks, look(time=10 + FORGOTTEN)) == count(2)
    assert requests(7, *looks, look(time=11 + FORGOTTEN)) == count(0)
