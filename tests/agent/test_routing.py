"""When the router's files change, and what is waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from portico.agent import routing
from portico.agent.app import App
from portico.agent.observed import AppState, Target
from portico.agent.routing import Routing
from portico.engines.engine import Endpoint
from portico.layout import Layout
from portico.router.files import CLUSTERS, ROUTES
from portico.router.routes import AppRoute, Backend, Cluster
from portico.settings import Settings
from portico.wire import Deploy, PathMode
from tests.agent.plans import plan, release

APP, V1 = 7, Target(1, 1)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Router:
    """Takes every new file at once, or, as one with many apps, when it is told to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last: dict[str, bytes] = {}
        self._taken = dict.fromkeys((CLUSTERS, ROUTES), 0)
        self.free = asyncio.Event()
        self.free.set()
        self.runs = self.takes = True

    async def ready(self) -> bool:
        await asyncio.sleep(0)
        return self.runs

    async def taken(self, cluster: Cluster, backends: Iterable[Backend]) -> bool:
        return self.takes

    async def files_read(self) -> dict[str, int]:
        await self.free.wait()
        for file in (CLUSTERS, ROUTES):
            content = (self._folder / file).read_bytes()
            if content != self._last.get(file):
                self._last[file] = content
                self._taken[file] += 1
        return dict(self._taken)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    made.router.mkdir()
    return made


def begun(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Routing:
    monkeypatch.setattr(routing, "endpoint_files_work", lambda: True)  # as an ordinary user too
    made = Routing(layout, Settings(data=layout.data))
    monkeypatch.setattr(made, "_admin", Router(layout.router))
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
        await made.send(app(), V1, ())
    assert '"prefix_rewrite":"/"' in (layout.router / "rds.json").read_text()


async def test_routes_that_are_there_already_are_not_waited_for(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(routing, "PATIENCE", 3600.0)
    made = begun(layout, monkeypatch)
    async with asyncio.timeout(20):
        await made.send(app(), V1, ())
        await made.send(app(), V1, ())


@pytest.mark.parametrize(("runs", "told"), [(True, False), (False, True)])
async def test_endpoints_that_a_router_does_not_take_are_told_of_when_it_runs(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, runs: bool, told: bool
):
    monkeypatch.setattr(routing, "PATIENCE", 0.0)
    made, here = begun(layout, monkeypatch), Endpoint("127.0.0.1", 8000)
    made._admin.runs, made._admin.takes = runs, False
    assert await made.send(app(), V1, (here,)) is told
    made._admin.takes = True
    assert await made.send(app(), V1, ()) is True


async def test_no_route_is_left_to_a_cluster_that_is_gone(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    made, steps = begun(layout, monkeypatch), []
    await made.send(app(), V1, ())
    write_routes, write_clusters = made._files.write_routes, made._files.write_clusters

    def routes(all_routes: Iterable[AppRoute]) -> bool:
        if written := write_routes(all_routes):
            steps.append("routes")
        return written

    def clusters(wanted: Iterable[Cluster]) -> bool:
        if written := write_clusters(wanted):
            steps.append("clusters")
        return written

    monkeypatch.setattr(made._files, "write_routes", routes)
    monkeypatch.setattr(made._files, "write_clusters", clusters)
    await made.withdraw(app())
    await until(lambda: endpoint_files(layout) == {})
    assert steps == ["routes", "clusters"]


async def test_another_path_mode_has_its_endpoints_before_a_route_leads_to_them(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    made, seen = begun(layout, monkeypatch), []
    strips = app()
    await made.send(strips, V1, [Endpoint("127.0.0.1", 4001)])
    changed, v2 = app(), Target(2, 1)
    changed.plan = plan(current=release(1), deploy=Deploy(id=6, release=release(2)))
    write_routes = made._files.write_routes

    def routes(all_routes: Iterable[AppRoute]) -> bool:
        if written := write_routes(all_routes):
            seen.append((clusters(layout), endpoint_files(layout)))
        return written

    monkeypatch.setattr(made._files, "write_routes", routes)
    await made.send(changed, v2, [Endpoint("127.0.0.1", 4002)])
    both = ["app-7-own", "app-7-strip"]
    assert seen == [(both, {"app-7-own.json": [4002], "app-7-strip.json": [4001]})]
    await until(lambda: clusters(layout) == ["app-7-own"])
    await until(lambda: endpoint_files(layout) == {"app-7-own.json": [4002]})


async def test_while_the_router_reads_a_version_all_changes_become_one_more(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    """It reads every version that it is told of, and no endpoints meanwhile."""
    made, versions = begun(layout, monkeypatch), []
    await made.send(app(), V1, [Endpoint("127.0.0.1", 4001)])
    write_routes = made._files.write_routes

    def routes(all_routes: Iterable[AppRoute]) -> bool:
        versions.append(len(list(all_routes)))
        return write_routes(all_routes)

    monkeypatch.setattr(made._files, "write_routes", routes)
    made._admin.free.clear()  # type: ignore[attr-defined]
    for app_id in range(100, 120):
        made.know(App(app_id, plan(), AppState(app_id)))
        await asyncio.sleep(0)
    async with asyncio.timeout(20):  # endpoints alone are no new version, and wait for none
        await made.send(app(), V1, [Endpoint("127.0.0.1", 4002)])
    made._admin.free.set()  # type: ignore[attr-defined]
    await until(lambda: len(clusters(layout)) == 21)
    assert versions == [21]


async def test_a_plan_that_comes_in_a_switch_does_not_take_the_new_endpoints_away(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
):
    made, v2 = begun(layout, monkeypatch), Target(2, 1)
    await made.send(app(), V1, [Endpoint("127.0.0.1", 4001)])
    changed = app()
    changed.plan = plan(
        current=release(1, path_mode=PathMode.STRIP), deploy=Deploy(id=6, release=release(2))
    )
    monkeypatch.setattr(made, "_published", lambda _: asyncio.sleep(0, made.know(changed)))
    await made.send(changed, v2, [Endpoint("127.0.0.1", 4002)])
    changed.state.serving = v2
    made.know(changed)
    await until(lambda: not made._is_due())
    assert endpoint_files(layout)["app-7-own.json"] == [4002]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


def clusters(layout: Layout) -> list[str]:
    document = json.loads((layout.router / "cds.json").read_text())
    return [cluster["name"] for cluster in document["resources"]]


def endpoint_files(layout: Layout) -> dict[str, list[int]]:
    """The ports that each file names, the waiting room left out."""
    found = {}
    for file in (layout.router / "eds").iterdir():
        (assignment,) = json.loads(file.read_text())["resources"]
        processes = assignment["endpoints"][0]["lb_endpoints"]
        found[file.name] = [
            each["endpoint"]["address"]["socket_address"]["port_value"] for each in processes
        ]
    return found
