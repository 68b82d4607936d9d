"""The agent whole, with an engine in memory, and stand-ins for the two that lie behind sockets."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from portico.agent import state
from portico.agent.agent import Agent
from portico.agent.app import App
from portico.agent.deploys import Deploys
from portico.agent.logs import Logs
from portico.agent.observed import AppState, Progress, ReleaseCommand, Target
from portico.agent.perform import Performer
from portico.agent.processes import Processes
from portico.engines.engine import Endpoint, Instance
from portico.engines.fake import CannotStart, ExitsAtStart, FakeEngine, NeverReady, SlowToStop
from portico.layout import Layout
from portico.settings import Settings
from portico.wire import (
    AppPlan,
    AppReport,
    Build,
    BuildResult,
    Deploy,
    DeployState,
    PlanDelta,
    Problem,
    Report,
    Slug,
)
from tests.agent.plans import plan, release

pytestmark = pytest.mark.anyio

APP = 7
RESULT = BuildResult(slug=Slug(build=3), processes={"web": "serve"})


class Web:
    """Hands out the plan that the test sets, and keeps the reports."""

    def __init__(self) -> None:
        self.reports: list[AppReport] = []
        self._version = 0
        self._plans: dict[int, AppPlan | None] = {}
        self._changed = asyncio.Event()

    def set(self, wanted: AppPlan | None) -> None:
        self._version += 1
        self._plans[APP] = wanted
        self._changed.set()

    async def plan(self, epoch: str, since: int) -> PlanDelta:
        while since >= self._version:
            await self._changed.wait()
            self._changed.clear()
        apps = dict(self._plans)
        return PlanDelta(epoch="e", version=self._version, complete=epoch != "e", apps=apps)

    async def report(self, report: Report) -> None:
        self.reports += report.apps

    @property
    def deploy(self) -> DeployState | None:
        newest = self.reports[-1].deploy if self.reports else None
        return newest.state if newest else None


class Routing:
    """Takes every change at once; `endpoints` is what viewers would get."""

    def __init__(self) -> None:
        self.endpoints: frozenset[Endpoint] = frozenset()
        self.history: list[frozenset[Endpoint]] = []
        self.withdrawn = False

    def begin(self) -> None: ...

    def know(self, app: App) -> None: ...

    async def publish(self, app: App, target: Target | None) -> None: ...

    async def send(self, app: App, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints = frozenset(endpoints)
        self.history.append(self.endpoints)

    async def withdraw(self, app: App) -> None:
        self.withdrawn = True


class Builds:
    """Builds at once, or when the test lets it."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.built: list[int] = []
        self.error: OSError | None = None

    async def build(self, plan: AppPlan, order: Build, log: Callable[[str], None]) -> BuildResult:
        await self.gate.wait()
        if self.error:
            raise self.error
        self.built.append(order.id)
        return RESULT

    async def collect(self, app_id: int, kept: Iterable[int]) -> None: ...

    async def collect_orphans(self) -> None: ...


class Scene:
    """An agent at work."""

    def __init__(self, folder: Path, engine: FakeEngine) -> None:
        self.layout = Layout(folder)
        self.layout.logs(APP).mkdir(parents=True, exist_ok=True)
        self.engine = engine
        self.web, self.routing, self.builds = Web(), Routing(), Builds()
        self.logs = Logs(self.layout, Settings(data=folder))

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[Agent]:
        """Runs it; leaving ends it as SIGTERM does."""
        agent = Agent(self.layout, self.engine, self.web, self.routing)  # type: ignore[arg-type]
        deploys = Deploys(self.layout, self.engine, self.logs, self.builds, agent.changed)  # type: ignore[arg-type]
        processes = Processes(self.engine, self.logs, deploys, agent.changed)
        agent.use(
            Performer(
                self.layout,
                self.engine,
                self.routing,  # type: ignore[arg-type]
                self.builds,  # type: ignore[arg-type]
                None,  # type: ignore[arg-type]
                deploys,
                processes,
            )
        )
        stop = asyncio.Event()
        running = asyncio.create_task(agent.run(stop))
        try:
            yield agent
        finally:
            stop.set()
            await running

    async def until(self, question: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not question():
                await asyncio.sleep(0.01)

    def serves(self, version: int) -> bool:
        """Whether the router sends requests to that release's processes, and only to them."""
        theirs = {i.endpoint for i in self.engine.instances.values() if i.release == version}
        return bool(self.routing.endpoints) and self.routing.endpoints <= theirs


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def first_deploy() -> AppPlan:
    return plan(deploy=Deploy(id=5, release=release(1)), drain_seconds=0)


def second_deploy() -> AppPlan:
    return plan(current=release(1), deploy=Deploy(id=6, release=release(2)), drain_seconds=0)


async def test_a_source_becomes_a_slug_and_a_release_becomes_live(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        order = Build(id=3, source="0" * 64)
        scene.web.set(plan(deploy=Deploy(id=5, build=order)))
        await scene.until(lambda: scene.web.deploy is DeployState.BUILT)
        assert scene.web.reports[-1].deploy.built == RESULT  # type: ignore[union-attr]
        scene.web.set(plan(deploy=Deploy(id=5, build=order, release=release(1))))
        await scene.until(lambda: scene.web.deploy is DeployState.LIVE)
        assert scene.serves(1)
    assert scene.builds.built == [3]


async def test_a_redeploy_never_leaves_the_router_without_an_endpoint(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        scene.web.set(first_deploy())
        await scene.until(lambda: scene.web.deploy is DeployState.LIVE)
        scene.web.set(plan(current=release(1), drain_seconds=0))
        switched = len(scene.routing.history)
        scene.web.set(second_deploy())
        await scene.until(lambda: scene.serves(2) and len(scene.engine.instances) == 1)
    assert all(scene.routing.history[switched:])


async def test_a_release_that_never_answers_changes_nothing_for_viewers(tmp_path: Path):
    old = Instance("old", APP, "web.1", 1, 1, 0.0, Endpoint("127.0.0.1", 4000), ready=True)
    for engine in (NeverReady([old]), ExitsAtStart([old]), CannotStart([old])):
        scene = Scene(tmp_path / type(engine).__name__, engine)
        state.save(scene.layout, AppState(APP, serving=Target(1, 1)))
        async with scene.agent():
            scene.web.set(second_deploy())
            await scene.until(lambda scene=scene: scene.web.deploy is DeployState.FAILED)
            await scene.until(lambda engine=engine: list(engine.instances) == ["old"])
            assert scene.routing.endpoints == {old.endpoint}
        assert ("stop", "old") not in engine.calls


async def test_what_runs_is_taken_over_without_web_and_nothing_is_started_twice(tmp_path: Path):
    engine = FakeEngine()
    before = Scene(tmp_path, engine)
    async with before.agent():
        before.web.set(plan(current=release(1)))
        await before.until(lambda: before.serves(1))
    after = Scene(tmp_path, engine)
    async with after.agent():
        await after.until(lambda: after.routing.endpoints == before.routing.endpoints)
    assert len(engine.launches) == 1


async def test_a_release_command_is_not_run_again_by_the_next_agent(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    begun = Progress(5, DeployState.RELEASING, ReleaseCommand.BEGUN)
    state.save(scene.layout, AppState(APP, progress=begun))
    async with scene.agent():
        candidate = release(1, release_command="migrate")
        scene.web.set(plan(deploy=Deploy(id=5, release=candidate)))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert scene.engine.launches == []


async def test_a_release_command_that_fails_starts_no_process(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        candidate = release(1, release_command="exit 3")
        scene.web.set(plan(deploy=Deploy(id=5, release=candidate)))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert [launch.process for launch in scene.engine.launches] == ["release.1"]
    problem = scene.web.reports[-1].deploy.problem  # type: ignore[union-attr]
    assert problem is not None
    assert (problem.title, problem.detail, problem.hint) == (
        "The release command failed.",
        "`exit 3` ended with code 3; its output is in the deploy's log.",
        "Mend what it says and deploy again. Nothing has changed for viewers.",
    )


async def test_a_cancelled_build_ends_and_the_deploy_is_cancelled(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    scene.builds.gate.clear()
    async with scene.agent():
        order = Build(id=3, source="0" * 64)
        scene.web.set(plan(deploy=Deploy(id=5, build=order)))
        await scene.until(lambda: scene.web.deploy is DeployState.BUILDING)
        scene.web.set(plan(deploy=Deploy(id=5, build=order, cancel=True)))
        await scene.until(lambda: scene.web.deploy is DeployState.CANCELLED)
    assert scene.builds.built == []


DISK_IS_FULL = Problem(
    title="The server's disk is full.",
    detail="The deploy could not write: No space left on device.",
    hint="Ask the operator to free space, then deploy again.",
)


async def test_a_build_that_finds_no_room_fails_and_is_not_tried_for_ever(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    scene.builds.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    async with scene.agent():
        scene.web.set(plan(deploy=Deploy(id=5, build=Build(id=3, source="0" * 64))))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert scene.web.reports[-1].deploy.problem == DISK_IS_FULL  # type: ignore[union-attr]


async def test_a_release_command_that_cannot_be_noted_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def save(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(state, "save", save)
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        candidate = release(1, release_command="migrate")
        scene.web.set(plan(deploy=Deploy(id=5, release=candidate)))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert scene.engine.launches == []
    assert scene.web.reports[-1].deploy.problem == DISK_IS_FULL  # type: ignore[union-attr]


async def test_a_process_that_dies_leaves_the_router_and_comes_back(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: scene.serves(1))
        first = scene.engine.handle_of("web.1")
        scene.engine.end(first, 1)
        await scene.until(lambda: scene.serves(1) and first not in scene.engine.instances)
    assert frozenset() in scene.routing.history[1:]
    assert scene.web.reports[-1].processes[0].restarts == 1


async def test_a_removed_app_is_stopped_before_its_files_go(tmp_path: Path):
    engine = SlowToStop()
    scene = Scene(tmp_path, engine)
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: scene.serves(1))
        scene.web.set(None)
        await scene.until(lambda: any(call == "stopping" for call, _ in engine.calls))
        assert ("remove_app", "7") not in engine.calls
        engine.let_go.set()
        await scene.until(lambda: ("remove_app", "7") in engine.calls)
    assert scene.routing.withdrawn


async def test_nothing_is_started_again_while_all_apps_are_ended(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent() as agent:
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: scene.serves(1))
    await agent.end_apps()
    assert scene.engine.instances == {}
    assert len(scene.engine.launches) == 1
