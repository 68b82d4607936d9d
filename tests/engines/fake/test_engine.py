"""The fake engine keeps the contract, so that the agent's tests mean something."""

from __future__ import annotations

import asyncio

from portico.engines.engine import Engine, Exit, Probe
from portico.engines.fake.engine import FakeEngine
from portico.engines.fake.failures import ExitsAtStart, NeverReady, SlowToStop
from tests.engines.contract import WEB, EngineContract, Test


class TestFakeEngine(EngineContract):
    def run(self, test: Test) -> None:
        async def tested() -> None:
            engine: Engine = FakeEngine()
            await test(engine)

        asyncio.run(tested())


def test_never_ready_gives_no_answer() -> None:
    async def test() -> None:
        engine = NeverReady()
        instance = await engine.start(WEB)
        assert (await engine.probe(instance.handle, Probe("h", ("/",)))).statuses == {}
        assert instance.handle in engine.instances

    asyncio.run(test())


def test_exits_at_start_ends_when_it_is_probed() -> None:
    async def test() -> None:
        engine = ExitsAtStart()
        instance = await engine.start(WEB)
        assert (await engine.probe(instance.handle, Probe("h", ("/",)))).statuses == {}
        assert await engine.wait(instance.handle) == Exit(3)

    asyncio.run(test())


def test_slow_to_stop_runs_until_it_is_let_go() -> None:
    async def test() -> None:
        engine = SlowToStop()
        instance = await engine.start(WEB)
        stopping = asyncio.create_task(engine.stop(instance.handle, 1))
        await asyncio.sleep(0)
        assert instance.handle in engine.instances
        engine.let_go.set()
        await stopping
        assert await engine.wait(instance.handle) == Exit(143)

    asyncio.run(test())
