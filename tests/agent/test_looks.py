"""What is told of what processes use."""

from __future__ import annotations

import asyncio
from typing import Any

from portico.agent.app import App
from portico.agent.limits import child_stopped, refused_processes
from portico.agent.looks import Look, Looks, figures_of, troubles
from portico.engines.fake import FakeEngine
from portico.engines.limits import Usage
from portico.figures import AppFigures, Figures, ProcessFigures
from tests.agent.plans import process, state

WEB = process()
GIB = 1 << 30


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
        assert figures_of([app(WEB)], before, now, 99.0) == Figures(
            time=99.0, apps=(AppFigures(id=7, processes=(seen,)),)
        )


def test_a_process_that_has_just_ended_or_begun_is_left_out() -> None:
    assert figures_of([app(WEB)], look(), look(5.0), 99.0) == Figures(time=99.0)
    assert figures_of([app()], look(), look(5.0, memory=1), 99.0) == Figures(time=99.0)


def test_children_lost_for_memory_are_told_each_time_and_refusals_once() -> None:
    limits = WEB.limits
    assert told(look(), look(memory=1)) == []
    assert told(look(killed=1), look(killed=3)) == [child_stopped("polls", "web.1", limits, 2)]
    assert told(look(killed=3), look(killed=3)) == []
    assert told(look(memory=1), look(refused=9)) == [refused_processes("polls", "web.1", limits)]
    assert told(look(refused=9), look(refused=900)) == []
    assert told(look(killed=1), look()) == []


class Ears:
    """Stands for web and for the logs."""

    def __init__(self) -> None:
        self.taken: list[Figures] = []
        self.said: list[tuple[int, str, str]] = []

    async def figures(self, figures: Figures) -> None:
        self.taken.append(figures)

    def say(self, app_id: int, process: str, text: str) -> None:
        self.said.append((app_id, process, text))


async def looked() -> Ears:
    engine, ears = FakeEngine(), Ears()
    apps: dict[int, App] = {}
    looks = Looks(engine, ears, ears, apps)
    await looks.look()  # nothing runs: nothing is told
    engine.instances[WEB.handle] = None  # type: ignore[assignment]
    engine.used[WEB.handle] = Usage(memory=5, killed=1)
    await looks.look()  # it is just being taken over: nobody knows whose it is
    apps[7] = app(WEB)
    await looks.look()
    engine.instances.clear()
    await looks.look()  # that nothing is left, once
    await looks.look()
    return ears


def test_a_look_goes_to_web_and_what_was_too_much_to_the_log() -> None:
    ears = asyncio.run(looked())
    assert [len(one.apps) for one in ears.taken] == [1, 0]
    assert ears.said == [(7, "web.1", child_stopped("polls", "web.1", WEB.limits, 1))]
