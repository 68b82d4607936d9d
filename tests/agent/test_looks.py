"""What is told of what processes use."""

from __future__ import annotations

import asyncio
from typing import Any

from portico.agent.app import App
from portico.agent.limits import child_stopped, refused_processes
from portico.agent.looks import Look, Looks, figures_of, troubles
from portico.engines.fake.engine import FakeEngine
from portico.engines.limits import Usage
from portico.errors import PorticoError
from portico.figures import AppFigures, Figures, LogDrainFigures, ProcessFigures, Requests
from tests.agent.plans import process, state

WEB = process()
GIB = 1 << 30
REQUESTS = Requests(answers=(0, 3, 0, 0, 0), took=(3, *[0] * 12), seconds=0.01)


def app(*processes: Any) -> App:
    return App(7, None, state(*processes, serving=(1, 1), name="polls"))


def look(at: float = 0.0, **used: Any) -> Look:
    return Look(at, {WEB.handle: Usage(**used)} if used else {})


def told(before: Look, now: Look) -> list[str]:
    return list(troubles("polls", WEB, before.used, now.used))


def test_processor_time_is_told_as_a_share_of_a_core_since_the_look_before() -> None:
    now = look(14.0, cpu_seconds=7.0, memory=3 << 20, processes=4)
    expected = {
        "handle": WEB.handle,
        "name": "web.1",
        "cpu_seconds": 7.0,
        "memory": 3 << 20,
        "memory_limit": GIB,
        "processes": 4,
    }
    for before, share in ((look(10.0, cpu_seconds=5.0), 0.5), (look(10.0), None)):
        seen = ProcessFigures(**expected, cpu=share)
        assert figures_of([app(WEB)], before, now, None, 99.0) == Figures(
            time=99.0, apps=(AppFigures(id=7, processes=(seen,)),)
        )


def test_a_process_that_has_just_ended_or_begun_is_left_out() -> None:
    for left_out in (app(WEB), look(5.0)), (app(), look(5.0, memory=1)):
        assert figures_of(left_out[:1], look(), left_out[1], None, 99.0) == Figures(time=99.0)


def test_what_was_answered_is_told_of_apps_that_there_are_and_of_the_platform() -> None:
    counted = {0: REQUESTS, 7: REQUESTS, 8: REQUESTS}
    told = AppFigures(id=7, requests=REQUESTS)
    assert figures_of([app()], look(), look(), counted, 99.0) == Figures(
        time=99.0, apps=(told,), platform=REQUESTS
    )
    assert figures_of([app()], look(), look(), {}, 99.0) == Figures(time=99.0, platform=Requests())


def test_how_log_drains_stand_is_told_also_of_an_app_of_which_nothing_runs() -> None:
    seen, quiet = LogDrainFigures(id=3, state="failing", why="It is away.", lost=2), app()
    quiet.state.log_drains = {3: seen}
    found = figures_of([quiet], look(), look(5.0), None, 99.0)
    assert found.apps == (AppFigures(id=7, log_drains=(seen,)),)


def test_children_lost_for_memory_are_told_each_time_and_refusals_once() -> None:
    limits = WEB.limits
    assert told(look(), look(memory=1)) == []
    assert told(look(killed=1), look(killed=3)) == [child_stopped("polls", "web.1", limits, 2)]
    assert told(look(killed=3), look(killed=3)) == []
    assert told(look(memory=1), look(refused=9)) == [refused_processes("polls", "web.1", limits)]
    assert told(look(refused=9), look(refused=900)) == []
    assert told(look(killed=1), look()) == []


class Ears:
    """Stands for web, for the router and for the logs."""

    def __init__(self) -> None:
        self.is_router_away = False
        self.taken: list[Figures] = []
        self.said: list[tuple[int, str, str]] = []

    async def figures(self, figures: Figures) -> None:
        self.taken.append(figures)

    async def requests(self) -> dict[int, Requests]:
        if self.is_router_away:
            raise PorticoError("The router does not answer.")
        return {0: REQUESTS}

    def say(self, app_id: int, process: str, text: str) -> None:
        self.said.append((app_id, process, text))


async def looked() -> Ears:
    engine, ears = FakeEngine(), Ears()
    apps: dict[int, App] = {}
    looks = Looks(engine, ears, ears, ears, apps)
    await looks.look()  # nothing runs
    engine.instances[WEB.handle] = None  # type: ignore[assignment]
    engine.used[WEB.handle] = Usage(memory=5, killed=1)
    await looks.look()  # it is just being taken over: nobody knows whose it is
    apps[7] = app(WEB)
    await looks.look()
    engine.instances.clear()
    ears.is_router_away = True
    await looks.look()
    return ears


def test_a_look_goes_to_web_and_what_was_too_much_to_the_log() -> None:
    ears = asyncio.run(looked())
    assert [len(one.apps) for one in ears.taken] == [0, 0, 1, 0]
    assert [one.platform for one in ears.taken] == [REQUESTS, REQUESTS, REQUESTS, None]
    assert ears.said == [(7, "web.1", child_stopped("polls", "web.1", WEB.limits, 1))]
