"""An agent at work, with an engine in memory and stand-ins for the two that lie behind sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from portico.agent.agent import Agent
from portico.agent.app import App
from portico.agent.deploys import Deploys
from portico.agent.log_drains import LogDrains
from portico.agent.logs import Logs
from portico.agent.observed import Target
from portico.agent.perform import Performer
from portico.agent.processes import Processes
from portico.engines.engine import Endpoint
from portico.engines.fake.engine import FakeEngine
from portico.errors import PorticoError
from portico.layout import Layout
from portico.settings import Settings
from portico.wire import (
    AppPlan,
    AppReport,
    Build,
    BuildResult,
    DeployState,
    PlanDelta,
    Report,
    Slug,
)

APP = 7
RESULT = BuildResult(slug=Slug(build=3), processes={"web": "serve"})


class Web:
    """Hands out the plan that the test sets, and keeps the reports."""

    def __init__(self) -> None:
        self.reports: list[AppReport] = []
        self._version = 0
        self._plans: dict[int, AppPlan | None] = {}
        self._changed = asyncio.Event()
        self.examine = False

    def set(self, wanted: AppPlan | None) -> None:
        self._version += 1
        self._plans[APP] = wanted
        self._changed.set()

    async def plan(self, epoch: str, since: int) -> PlanDelta:
        while since >= self._version:
            await self._changed.wait()
            self._changed.clear()
        apps, complete = dict(self._plans), epoch != "e"
        delta = PlanDelta(epoch="e", version=self._version, complete=complete, apps=apps)
        return delta.model_copy(update={"examine": self.examine})

    async def report(self, report: Report) -> None:
        self.reports += report.apps

    @property
    def deploy(self) -> DeployState | None:
        newest = self.reports[-1].deploy if self.reports else None
        return newest.state if newest else None


class Routing:
    """Takes every change at once, if it `takes` any; `endpoints` is what viewers would get."""

    def __init__(self) -> None:
        self.endpoints: frozenset[Endpoint] = frozenset()
        self.history: list[frozenset[Endpoint]] = []
        self.withdrawn = False
        self.takes = True

    def begin(self) -> None: ...

    def know(self, app: App) -> None: ...

    def trust(self, keys: object) -> None: ...

    async def send(self, app: App, target: Target | None, endpoints: Iterable[Endpoint]) -> bool:
        self.endpoints = frozenset(endpoints)
        self.history.append(self.endpoints)
        return self.takes

    async def withdraw(self, app: App) -> None:
        self.withdrawn = True


class Builds:
    """Builds at once, or when the test lets it."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.built: list[int] = []
        self.error: OSError | PorticoError | None = None
        self.says: tuple[str, ...] = ()

    async def build(self, plan: AppPlan, order: Build, log: Callable[[str], None]) -> BuildResult:
        await self.gate.wait()
        for line in self.says:
            log(line)
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
        self.examination_wanted = asyncio.Event()

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[Agent]:
        """Runs it; leaving ends it as SIGTERM does."""
        agent = Agent(
            self.layout,
            self.engine,
            self.web,  # type: ignore[arg-type]
            self.routing,  # type: ignore[arg-type]
            self.examination_wanted.set,
        )
        deploys = Deploys(
            self.layout,
            Settings(data=self.layout.data),
            self.engine,
            self.logs,
            self.builds,  # type: ignore[arg-type]
            agent.changed,
        )
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
                LogDrains(self.layout, self.engine, self.logs),
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
