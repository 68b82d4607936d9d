"""The agent's life: startup -> loop -> shutdown. It reconciles, and does nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping

import httpx
from pydantic import ValidationError

from portico.agent import events, state
from portico.agent.actions import Action
from portico.agent.app import App
from portico.agent.clock import Moment
from portico.agent.pauses import pause_after_error
from portico.agent.perform import Performer
from portico.agent.plan import LastPlan
from portico.agent.reconciling.reconcile import reconcile
from portico.agent.report import capacity_of, report_of
from portico.agent.routing import Routing
from portico.agent.web import Web
from portico.engines.engine import Engine
from portico.errors import PorticoError
from portico.layout import Layout
from portico.wire import AppPlan, PlanDelta, Report

log = logging.getLogger("portico.agent")

RETRY = 0.2  # seconds between tries to reach web
FIRST_PLAN = 15.0  # seconds to wait for a plan before the router is started with none
PORTION = 50  # apps that one report tells of


class Agent:
    """Holds what should be and what is, per app, and brings the second to the first."""

    def __init__(
        self,
        layout: Layout,
        engine: Engine,
        web: Web,
        routing: Routing,
        examine: Callable[[], None],
    ) -> None:
        self._layout = layout
        self._engine = engine
        self._web = web
        self._routing = routing
        self._examine = examine
        self._last_plan = LastPlan(layout.last_plan)
        self._apps: dict[int, App] = {}
        self._performer: Performer
        self._unreported: set[int] = set()
        self._report_due = asyncio.Event()
        self.has_plan = asyncio.Event()  # all apps are known
        self._closing = False

    @property
    def apps(self) -> Mapping[int, App]:
        """By id, as they are seen now."""
        return self._apps

    def use(self, performer: Performer) -> None:
        """The performer needs `changed`, so it comes after the agent."""
        self._performer = performer

    async def run(self, stop: asyncio.Event) -> None:
        """Startup, then the loops until `stop`; the apps go on running."""
        await self._startup()
        loops = [asyncio.create_task(self._follow_plan()), asyncio.create_task(self._report())]
        opening = asyncio.create_task(self._open())
        stopped = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([*loops, stopped], return_when=asyncio.FIRST_COMPLETED)
        self._closing = True
        for task in (*loops, opening, stopped, *self._tasks()):
            task.cancel()
        await asyncio.gather(*loops, opening, *self._tasks(), return_exceptions=True)
        for task in done - {stopped}:
            task.result()

    async def end_apps(self) -> None:
        """Stop every process of every app, all at once."""
        handles = {h for app in self._apps.values() for h in app.state.processes}
        if not self._apps:
            handles = {instance.handle for instance in await self._engine.adopt()}
        await asyncio.gather(*(self._engine.stop(handle, 10.0) for handle in handles))

    async def _startup(self) -> None:
        # First what runs, then what should: else what runs would be started once more.
        for instance in await self._engine.adopt():
            app = self._app(instance.app_id)
            events.started(app.state, instance, Moment.now())
            self._performer.processes.watch(app, instance.handle)
        self._take(self._last_plan.load())

    def _app(self, app_id: int) -> App:
        if app_id not in self._apps:
            self._apps[app_id] = App(app_id, None, state.load(self._layout, app_id))
        return self._apps[app_id]

    # --- desired ------------------------------------------------------------------------------

    async def _follow_plan(self) -> None:
        while True:
            try:
                delta = await self._web.plan(self._last_plan.epoch, self._last_plan.version)
            except httpx.HTTPError as error:
                log.debug("no plan: %r", error)
                await asyncio.sleep(RETRY)
                continue
            except ValidationError as error:
                # Without what it holds: config vars may be secrets.
                said = error.errors(include_url=False, include_context=False, include_input=False)
                log.error("the plan was not understood: %s", said)
                await pause_after_error()
                continue
            self._take(delta)
            try:
                self._last_plan.save(delta)
            except OSError as error:
                log.warning("the plan could not be kept for the next agent: %s", error)

    def _take(self, delta: PlanDelta | None) -> None:
        if delta is None:
            return
        if delta.complete:
            for gone in self._apps.keys() - delta.apps.keys():
                self._set_plan(gone, None, forget=True)
        for app_id, plan in delta.apps.items():
            self._set_plan(app_id, plan, forget=False)
        self._routing.trust(delta.keys)
        if delta.examine:
            self._examine()
        self.has_plan.set()

    def _set_plan(self, app_id: int, plan: AppPlan | None, *, forget: bool) -> None:
        app = self._app(app_id)
        app.plan, app.forget = plan, forget
        if plan is not None:
            events.planned(app.state, plan)
            self._routing.know(app)
            self._performer.log_drains.know(app)
        self.changed(app)

    # --- observed -----------------------------------------------------------------------------

    def changed(self, app: App) -> None:
        """Reconcile an app, and tell web of it."""
        if self._closing:
            return  # what is being ended must not be started again
        if app.removed:
            if self._apps.pop(app.id, None):
                self._last_plan.forget(app.id)
            return
        self._unreported.add(app.id)
        self._report_due.set()
        for action in reconcile(app.plan, app.state, time.monotonic()):
            self._begin(app, action)

    def _begin(self, app: App, action: Action) -> None:
        if action.key in app.tasks:
            return
        task = asyncio.create_task(self._perform(app, action), name=repr(action.key))
        app.tasks[action.key] = task

    async def _perform(self, app: App, action: Action) -> None:
        try:
            await self._performer.perform(app, action)
        except (PorticoError, OSError) as error:
            log.warning("%s: %s: %s", app.id, action.key, error)
            await pause_after_error()
        except Exception:
            log.exception("%s: %s", app.id, action.key)
            await pause_after_error()
        finally:
            app.tasks.pop(action.key, None)
            asyncio.get_running_loop().call_soon(self.changed, app)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for app in self._apps.values() for task in app.tasks.values()]

    async def _report(self) -> None:
        await self.has_plan.wait()
        await self._report_unreported()
        ids = tuple(sorted(self._apps))
        await self._post(Report(known=ids, capacity=capacity_of(self._engine.capacity)))
        while True:
            await self._report_due.wait()
            await self._report_unreported()

    async def _report_unreported(self) -> None:
        """In portions that web takes in a moment, also where it has to be told of all apps."""
        self._report_due.clear()
        ids, self._unreported = self._unreported, set()
        apps = [self._apps[i] for i in ids if i in self._apps and self._apps[i].plan]
        for start in range(0, len(apps), PORTION):
            told = tuple(report_of(app.state) for app in apps[start : start + PORTION])
            await self._post(Report(apps=told))

    async def _post(self, report: Report) -> None:
        """Until web has taken it."""
        while True:
            try:
                return await self._web.report(report)
            except httpx.HTTPStatusError as error:
                if error.response.is_client_error:
                    return await self._post_apart(report, error)
                log.warning("web cannot take the report: %s", error)
                await pause_after_error()
            except httpx.HTTPError as error:
                log.debug("report not taken: %r", error)
                await asyncio.sleep(RETRY)

    async def _post_apart(self, report: Report, error: httpx.HTTPStatusError) -> None:
        """What web refuses for good keeps nothing else from it, and is told anew when it changes."""
        if len(report.apps) > 1:
            for app in report.apps:
                await self._post(Report(apps=(app,)))
        else:
            ids = ", ".join(str(app.id) for app in report.apps)
            log.error("web refuses what it is told of app %s: %s", ids, error.response.text)

    async def _open(self) -> None:
        """The router starts with all routes in place, or after a while without."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.has_plan.wait(), FIRST_PLAN)
        while True:
            try:
                return await self._performer.begin()
            except Exception:
                log.exception("the router's files could not be made")
                await pause_after_error()
