"""Sources on their way to a build: fetched, and never left behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from portico.agent.build_queue import SOURCE, BuildQueue
from portico.errors import PorticoError
from portico.layout import Layout
from portico.settings import Settings
from portico.wire import AppPlan, Build

APP = AppPlan(id=3, name="shop", url="https://apps.example/shop/")


class Web:
    """Hands out a source when the test lets it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()

    async def source(self, sha256: str, to: Path) -> None:
        self.asked.set()
        await self.gate.wait()
        raise PorticoError("The source did not arrive whole.")


def test_sources_of_a_crash_go_and_those_of_builds_stay(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    left = layout.apps / f"{SOURCE}left"
    left.mkdir(parents=True)
    (left / "source.tar.gz").touch()

    async def story() -> list[str]:
        web = Web()
        queue = BuildQueue(layout, Settings(data=tmp_path), None, web)  # type: ignore[arg-type]
        build = asyncio.create_task(queue.build(APP, Build(id=1, source="0" * 64), print))
        await web.asked.wait()
        await queue.collect_orphans()
        there = [path.name for path in layout.apps.iterdir()]
        web.gate.set()
        with pytest.raises(PorticoError):
            await build
        return there

    (there,) = asyncio.run(asyncio.wait_for(story(), 20))
    assert there.startswith(SOURCE)
    assert there != left.name
    assert not list(layout.apps.iterdir())
