"""Carries out actions. With `deploys`, `processes` and `routing` the only place where the agent acts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from portico.agent import events, state
from portico.agent.actions import (
    Action,
    AwaitReady,
    BuildSlug,
    CancelDeploy,
    CollectDisk,
    DialSession,
    DrainProcess,
    EndLogs,
    FailDeploy,
    KeepChecking,
    LimitProcess,
    RemoveApp,
    RouteTo,
    RunReleaseCommand,
    SendLog,
    StartProcess,
    StopProcess,
    Wake,
)
from portico.agent.app import App
from portico.agent.build_queue import BuildQueue
from portico.agent.deploys import Deploys
from portico.agent.log_drains import LogDrains
from portico.agent.processes import Processes
from portico.agent.routing import Routing
from portico.agent.sessions import Sessions
from portico.engines.engine import Engine
from portico.layout import Layout

log = logging.getLogger(__name__)


class Performer:
    """One method per kind of action."""

    def __init__(
        self,
        layout: Layout,
        engine: Engine,
        routing: Routing,
        builds: BuildQueue,
        sessions: Sessions,
        deploys: Deploys,
        processes: Processes,
        log_drains: LogDrains,
    ) -> None:
        self._layout = layout
        self._engine = engine
        self._routing = routing
        self._builds = builds
        self._sessions = sessions
        self._deploys = deploys
        self.processes = processes
        self.log_drains = log_drains
        self._methods: dict[type[Action], Callable[..., Awaitable[None]]] = {
            BuildSlug: deploys.build,
            RunReleaseCommand: deploys.run_release_command,
            CancelDeploy: deploys.cancel,
            FailDeploy: deploys.fail,
            EndLogs: deploys.end_logs,
            StartProcess: processes.start,
            AwaitReady: processes.await_ready,
            KeepChecking: processes.keep_checking,
            DrainProcess: processes.drain,
            StopProcess: processes.stop,
            LimitProcess: processes.limit,
            RouteTo: self._route,
            DialSession: self._dial,
            SendLog: self._send_log,
            CollectDisk: self._collect,
            RemoveApp: self._remove,
            Wake: self._wake,
        }

    async def begin(self) -> None:
        """The plan is known: the router may start, and what a crash has left may go."""
        self._routing.begin()
        await self._builds.collect_orphans()

    async def perform(self, app: App, action: Action) -> None:
        """Do it; the caller reconciles again afterwards. Raises what went wrong."""
        await self._methods[type(action)](app, action)

    async def _route(self, app: App, action: RouteTo) -> None:
        """The switch. What is to serve is on disk before the router learns it."""
        switched = action.target != app.state.serving
        events.switch_began(app.state, action.target)
        try:
            if switched:
                state.save(self._layout, app.state, serving=action.target)
            if not await self._routing.send(app, action.target, action.endpoints):
                self._say_not_taken(app, action)
        except BaseException:
            events.switch_given_up(app.state)
            raise
        events.routed(app.state, action.endpoints, action.target, app.plan)
        if switched and action.target is not None:
            self.log_drains.say(app, f"Portico: v{action.target.release} serves.")
        if app.plan is not None:  # a plan that came meanwhile brought the routes of before back
            self._routing.know(app)
        if switched and action.target is not None:
            key = ("live", action.target)
            app.tasks[key] = asyncio.create_task(self._deploys.live(app, action.target))
            app.tasks[key].add_done_callback(lambda _: app.tasks.pop(key, None))

    def _say_not_taken(self, app: App, action: RouteTo) -> None:
        """The switch goes on: what it leads to answers, and what was before may not for long."""
        log.warning("%s: the router has not taken where it answers", app.planned.name)
        if action.target is not None:
            words = (
                f"Warning: the router has not taken where v{action.target.release} of "
                f"{app.planned.name} answers, and may still send viewers to the processes of before.",
                "Ask the operator to look into logs/router.log in the data folder.",
            )
            self._deploys.say(app, action.target, *words)

    async def _dial(self, app: App, action: DialSession) -> None:
        await self._sessions.dial(app, action.session)
        app.state.ended_sessions.add(action.session.id)

    async def _send_log(self, app: App, _action: SendLog) -> None:
        await self.log_drains.send(app)

    async def _collect(self, app: App, action: CollectDisk) -> None:
        await self._builds.collect(app.id, action.kept)
        app.state.collected = action.kept

    async def _remove(self, app: App, _action: RemoveApp) -> None:
        """Builds, starts and one-offs under way would make files of the app again: they end first."""
        under_way = [task for task in app.tasks.values() if task is not asyncio.current_task()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if app.state.processes:  # just started; to be stopped before the rest
            return
        await self._routing.withdraw(app)
        if not app.forget:
            await self._engine.remove_app(app.id)
            self.log_drains.forget(app)
        app.removed = True

    async def _wake(self, _app: App, action: Wake) -> None:
        await asyncio.sleep(max(0.0, action.at - time.monotonic()))
