"""When the router's files change, and what is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from portico.agent import routing
from portico.agent.app import App
from portico.agent.observed import AppState, Target
from portico.agent.routing import Routing
from portico.layout import Layout
from portico.router.routes import AppRoute
from portico.settings import Settings
from portico.wire import PathMode
from tests.agent.plans import plan, release

APP, V1 = 7, Target(1, 1)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Router:
    """Takes every new `rds.json` at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last = b""
        self._taken = 0

    async def ready(self) -> bool:
        await asyncio.sleep(0)
        return True

    async def routes_read(self) -> int:
        if self._file.read_bytes() != self._last:
            self._last, self._taken = self._file.read_bytes(), self._taken + 1
        return self._taken


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    made.router.mkdir()
    return made


def begun(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Routing:
    made = Routing(layout, Settings(data=layout.data))
    monkeypatch.setattr(made, "_admin", Router(layout.router / "rds.json"))
    made.begin()
    return made


def app() -> App:
    state = AppState(APP, serving=V1, path_modes={1: PathMode.STRIP})
    return App(APP, plan(current=release(1, path_mode=None)), state)


async def test_a_router_that_takes_new_routes_at_once_is_not_waited_for(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(routing, "PATIENCE", 3600.0)
    made = begun(layout, monkeypatch)
    async with asyncio.timeout(20):
        await made.publish(app(), V1)
    assert '"prefix_rewrite":"/"' in (layout.router / "rds.json").read_text()


async def test_routes_that_are_there_already_are_not_waited_for(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(routing, "PATIENCE", 3600.0)
    made = begun(layout, monkeypatch)
    async with asyncio.timeout(20):
        await made.publish(app(), V1)
        await made.publish(app(), V1)


async def test_no_route_is_left_to_a_cluster_that_is_gone(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    made, steps = begun(layout, monkeypatch), []
    await made.publish(app(), V1)
    write_routes, write_clusters = made._files.write_routes, made._files.write_clusters

    def routes(all_routes: Iterable[AppRoute]) -> bool:
        steps.append("routes")
        return write_routes(all_routes)

    def clusters(app_ids: Iterable[int]) -> bool:
        steps.append("clusters")
        return write_clusters(app_ids)

    monkeypatch.setattr(made._files, "write_routes", routes)
    monkeypatch.setattr(made._files, "write_clusters", clusters)
    await made.withdraw(app())
    assert steps[:2] == ["routes", "clusters"]
