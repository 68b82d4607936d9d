from __future__ import annotations

import asyncio

import pytest

from portico.agent import start_queue
from portico.agent.start_queue import StartQueue, Turn, Urgency

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Line:
    """Those who have got their turn, in that order."""

    def __init__(self, at_once: int) -> None:
        self.queue = StartQueue(at_once)
        self.served: list[str] = []
        self.turns: dict[str, Turn] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def joined_by(self, name: str, urgency: Urgency) -> None:
        self.tasks[name] = asyncio.create_task(self._wait(name, urgency))
        await self.settled()

    async def settled(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _wait(self, name: str, urgency: Urgency) -> None:
        self.turns[name] = await self.queue.turn(urgency)
        self.served.append(name)


async def test_web_comes_before_workers_and_a_deploy_before_both():
    line = Line(at_once=1)
    await line.joined_by("first", Urgency.OTHER)
    for name, urgency in (
        ("worker", Urgency.OTHER),
        ("web.1", Urgency.WEB),
        ("web.2", Urgency.WEB),
        ("deploy", Urgency.DEPLOY),
    ):
        await line.joined_by(name, urgency)
    assert line.served == ["first"]
    for _ in range(4):
        line.turns[line.served[-1]].end()
        await line.settled()
    assert line.served == ["first", "deploy", "web.1", "web.2", "worker"]


async def test_so_many_start_at_once_and_a_turn_ends_only_once():
    line = Line(at_once=2)
    for name in "abcd":
        await line.joined_by(name, Urgency.WEB)
    assert line.served == ["a", "b"]
    line.turns["a"].end()
    line.turns["a"].end()
    await line.settled()
    assert line.served == ["a", "b", "c"]


async def test_who_gives_up_waiting_holds_nobody_up():
    line = Line(at_once=1)
    for name in "abc":
        await line.joined_by(name, Urgency.WEB)
    line.tasks["b"].cancel()
    line.turns["a"].end()
    await line.settled()
    assert line.served == ["a", "c"]


async def test_who_gives_up_as_the_turn_comes_passes_it_on():
    line = Line(at_once=1)
    for name in "abc":
        await line.joined_by(name, Urgency.WEB)
    line.turns["a"].end()
    line.tasks["b"].cancel()
    await line.settled()
    assert line.served == ["a", "c"]


async def test_who_takes_long_holds_up_the_others_for_a_while_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(start_queue, "LONGEST_TURN", 0.01)
    line = Line(at_once=1)
    await line.joined_by("slow", Urgency.WEB)
    await line.joined_by("next", Urgency.WEB)
    async with asyncio.timeout(20):
        await line.tasks["next"]
    assert line.served == ["slow", "next"]
