"""What the agent gives the sender of an app's log, and what it makes of its answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from portico.agent.actions import SendLog
from portico.agent.agent import Agent
from portico.agent.log_drains import positions
from portico.agent.reconciling.reconcile import reconcile
from portico.engines.fake.commands import FakeAttached
from portico.engines.fake.engine import FakeEngine
from portico.figures import LogDrainFigures
from portico.layout import Layout
from portico.log_drains.waiting import Tally
from portico.wire import LogDrain
from tests.agent.plans import plan, state
from tests.agent.scene import APP, Scene

DRAIN = LogDrain(id=3, address="https://logs.example/in", headers={"X-Key": "k"})
OTHER = LogDrain(id=4, address="syslog://logs.example:514")


class Program(FakeAttached):
    """Keeps the orders that it is given; `tells` what a test wants."""

    def __init__(self) -> None:
        super().__init__("sending")
        self.orders: list[dict[str, Any]] = []

    async def write(self, data: bytes) -> None:
        self.orders += [json.loads(line) for line in data.splitlines()]
        if not data:
            await super().write(data)

    def tells(self, text: str) -> None:
        self._pieces.put_nowait(f"{text}\n".encode())

    def given(self, kind: str) -> list[Any]:
        return [order[kind] for order in self.orders if kind in order]

    @property
    def lines(self) -> list[str]:
        return [text for piece in self.given("lines") for _, _, text in piece]


class Sending(FakeEngine):
    def __init__(self) -> None:
        super().__init__()
        self.programs: list[Program] = []

    async def log_sender(self, app_id: int) -> Program:
        assert app_id == APP
        self.programs.append(Program())
        return self.programs[-1]


Test = Callable[[Scene, Sending, Agent], Awaitable[None]]


@pytest.fixture
def at_work(tmp_path: Path) -> Callable[[Test], None]:
    """Runs a test with an agent whose app has one drain."""

    def run(test: Test) -> None:
        async def whole() -> None:
            engine = Sending()
            scene = Scene(tmp_path, engine)
            async with scene.agent() as agent:
                scene.web.set(plan(log_drains=(DRAIN,)))
                await scene.until(lambda: engine.programs and engine.programs[0].orders)
                await test(scene, engine, agent)

        asyncio.run(whole())

    return run


def told(drain: int = 3, **fields: Any) -> str:
    counts = {"sent": 5, "lost": 1, "told": 1, "upto": "2026-01-02T03:04:05.000006Z"}
    return json.dumps({"id": drain, "state": "delivering", "why": "", **counts, **fields})


def test_an_app_with_drains_has_a_sender_and_others_have_none() -> None:
    assert SendLog() in reconcile(plan(log_drains=(DRAIN,)), state(), 0.0)
    assert SendLog() not in reconcile(plan(), state(), 0.0)


def test_a_sender_is_told_of_the_drains_and_gets_the_lines_that_come(
    at_work: Callable[[Test], None],
) -> None:
    async def test(scene: Scene, engine: Sending, agent: Agent) -> None:
        (program,) = engine.programs
        scene.logs.say(APP, "web.1", "one")
        scene.logs.say(APP, "web.1", "two")
        await scene.until(lambda: len(program.lines) == 2)
        new = {"sent": 0, "lost": 0, "told": 0, "upto": ""}
        assert program.orders[0] == {
            "drains": [{"id": 3, "address": DRAIN.address, "headers": {"X-Key": "k"}, **new}],
            "app": "polls",
            "host": "portico.test",
        }
        assert program.lines == ["Portico: one", "Portico: two"]
        scene.web.set(plan(name="votes", log_drains=(DRAIN, OTHER)))
        await scene.until(lambda: len(program.given("drains")) == 2)
        assert program.orders[-1]["app"] == "votes"
        assert [drain["id"] for drain in program.orders[-1]["drains"]] == [3, 4]

    at_work(test)


def test_how_drains_stand_is_known_and_garbage_is_passed_over(
    at_work: Callable[[Test], None],
) -> None:
    async def test(scene: Scene, engine: Sending, agent: Agent) -> None:
        (program,) = engine.programs
        for text in ("sending", "{}", told(9), told(sent=-1), told(upto="x" * 40), told(more=1)):
            program.tells(text)
        program.tells(told(state="failing", why="It is away."))
        seen = agent.apps[APP].state.log_drains
        await scene.until(lambda: seen)
        figures = LogDrainFigures(id=3, state="failing", why="It is away.", sent=5, lost=1)
        assert seen == {3: figures}
        kept = positions.load(scene.layout.log_drains(APP))
        assert kept == {3: Tally(5, 1, 1, "2026-01-02T03:04:05.000006Z")}
        scene.web.set(plan())
        await scene.until(lambda: not scene.layout.log_drains(APP).exists())
        assert agent.apps[APP].state.log_drains == {}
        assert (await program.wait()).code == 0

    at_work(test)


def test_a_sender_that_ends_is_followed_by_one_that_goes_on_where_it_was(
    at_work: Callable[[Test], None],
) -> None:
    async def test(scene: Scene, engine: Sending, agent: Agent) -> None:
        (first,) = engine.programs
        for number in range(3):
            scene.logs.say(APP, "web.1", f"line {number}")
            await scene.until(lambda n=number: len(first.lines) == n + 1)
        upto = first.given("lines")[1][-1][0]
        first.tells(told(upto=upto))
        await scene.until(lambda: agent.apps[APP].state.log_drains)
        await first.kill()
        await scene.until(lambda: agent.apps[APP].state.log_drains[3].state == "failing")
        assert agent.apps[APP].state.log_drains[3].why == (
            "The program that sends the log has ended. It is started again; what waited in it is "
            "read from the log again."
        )
        await scene.until(lambda: len(engine.programs) == 2 and engine.programs[1].given("again"))
        second = engine.programs[1]
        assert second.orders[0]["drains"][0]["upto"] == upto
        assert [line[2] for line in second.given("again")[0]] == ["Portico: line 2"]

    at_work(test)


def test_an_agent_that_comes_back_goes_on_where_the_one_before_was(tmp_path: Path) -> None:
    async def test() -> None:
        engine = Sending()
        scene = Scene(tmp_path, engine)
        scene.logs.say(APP, "web.1", "long ago")
        kept = scene.layout.log_drains(APP)
        positions.save(kept, {3: Tally(upto=_time_of_last(scene))})
        scene.logs.say(APP, "web.1", "meanwhile")
        async with scene.agent():
            scene.web.set(plan(log_drains=(DRAIN,)))
            await scene.until(lambda: engine.programs and engine.programs[0].given("again"))
            again = engine.programs[0].given("again")[0]
            assert [line[2] for line in again] == ["Portico: meanwhile"]

    asyncio.run(test())


def _time_of_last(scene: Scene) -> str:
    text = (scene.layout.logs(APP) / "web.1.log").read_text()
    return text.splitlines()[-1].partition(" ")[0]


def test_a_file_of_positions_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    path = Layout(tmp_path).log_drains(APP)
    assert positions.load(path) == {}
    positions.save(path, {3: Tally(1, 2, 3, "4")})
    assert positions.load(path) == {3: Tally(1, 2, 3, "4")}
    path.write_text("{")
    assert positions.load(path) == {}
    positions.forget(path)
    positions.forget(path)
