"""Builds and the cleaner keep out of each other's way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from portico.agent.cleaning.gate import Gate


class Order:
    """What happened at the gate, in order."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.seen: list[str] = []

    async def build(self, name: str, end: asyncio.Event) -> None:
        async with self.gate.building():
            self.seen.append(f"{name} builds")
            await end.wait()
            self.seen.append(f"{name} ends")

    async def clean(self) -> None:
        async with self.gate.alone():
            self.seen.append("cleaned")


def played(scene: Callable[[Order], Awaitable[None]]) -> list[str]:
    async def play() -> list[str]:
        order = Order()
        async with asyncio.timeout(10):
            await scene(order)
        return order.seen

    return asyncio.run(play())


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_builds_go_side_by_side_and_the_cleaner_waits_for_them() -> None:
    async def scene(order: Order) -> None:
        end = asyncio.Event()
        tasks = [asyncio.create_task(order.build(name, end)) for name in ("a", "b")]
        await settled()
        assert order.gate.busy
        tasks.append(asyncio.create_task(order.clean()))
        await settled()
        tasks.append(asyncio.create_task(order.build("c", end)))
        await settled()
        end.set()
        await asyncio.gather(*tasks)
        assert not order.gate.busy

    assert played(scene) == [
        "a builds", "b builds", "a ends", "b ends", "cleaned", "c builds", "c ends",
    ]  # fmt: skip


def test_a_cleaner_that_gives_up_lets_builds_pass() -> None:
    async def scene(order: Order) -> None:
        end = asyncio.Event()
        building = asyncio.create_task(order.build("a", end))
        await settled()
        cleaning = asyncio.create_task(order.clean())
        await settled()
        cleaning.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await cleaning
        end.set()
        await order.build("b", end)
        await building

    assert sorted(played(scene)) == ["a builds", "a ends", "b builds", "b ends"]
