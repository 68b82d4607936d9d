"""The life of processes: started, awaited, drained, stopped, and noticed when they end."""

from __future__ import annotations

import asyncio
import os
import time

from portico.agent import events, readiness
from portico.agent.actions import (
    AwaitReady,
    DrainProcess,
    KeepChecking,
    LimitProcess,
    StartProcess,
    StopProcess,
)
from portico.agent.app import App
from portico.agent.clock import Moment
from portico.agent.deploys import Changed, Deploys
from portico.agent.launching import process_launch
from portico.agent.limits import ended_at_start, words_of_end, words_of_exit
from portico.agent.logs import Logs
from portico.agent.observed import Process
from portico.agent.reconciling.reconcile import reconcile
from portico.agent.reconciling.targets import WEB, desired, release_of
from portico.agent.start_queue import StartQueue, Turn, Urgency
from portico.agent.supervision import Phase
from portico.engines.engine import Answers, Engine, Exit, Instance
from portico.errors import PorticoError
from portico.wire import AppPlan, Problem

STOP_GRACE = 10.0
# Late requests reached the old process up to 160 ms after a switch; see docs/decisions.
LEAST_DRAIN = 0.3
DRAIN_POLL, LONGEST_DRAIN_POLL = 0.02, 0.25  # a web socket may stay for as long as it may
LAST_LINES = 40


class Processes:
    """Acts on processes through the engine; what comes of it goes to `events`."""

    def __init__(self, engine: Engine, logs: Logs, deploys: Deploys, changed: Changed) -> None:
        self._engine = engine
        self._logs = logs
        self._deploys = deploys
        self._changed = changed
        self._queue = StartQueue(2 * (os.cpu_count() or 1))
        self._turns: dict[str, Turn] = {}  # of web processes that do not answer yet, by handle
        self._watchers: set[asyncio.Task[None]] = set()

    def watch(self, app: App, handle: str) -> None:
        """See to it that the end of a process is noticed."""
        task = asyncio.create_task(self._watch(app, handle))
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)

    async def start(self, app: App, action: StartProcess) -> None:
        turn = await self._queue.turn(_urgency(app, action))
        try:
            if not _is_wanted(app, action):  # any more: it may have waited for long
                turn.end()
                return
            instance = await self._launch(app, action)
        except BaseException as error:
            turn.end()
            if not isinstance(error, PorticoError):
                raise
            self._not_started(app, action, Problem.of(error))
        else:
            self._started(app, instance, turn)

    async def _launch(self, app: App, action: StartProcess) -> Instance:
        events.rollout_began(app.state, app.deploy_of(action.target.release))
        said = f"Starting {action.name} of v{action.release.version} ..."
        self._deploys.say(app, action.target, said)
        launch = process_launch(app, action.name, action.release, action.target)
        return await self._engine.start(launch)

    def _started(self, app: App, instance: Instance, turn: Turn) -> None:
        """Its turn lasts until it answers; nobody can tell when one that does not listen is done."""
        events.started(app.state, instance, Moment.now())
        if instance.endpoint is None:
            turn.end()
        else:
            self._turns[instance.handle] = turn
        self.watch(app, instance.handle)

    def _end_turn(self, handle: str) -> None:
        if turn := self._turns.pop(handle, None):
            turn.end()

    async def await_ready(self, app: App, action: AwaitReady) -> None:
        """Ask a starting process until it answers; what it answers decides."""
        process = app.state.processes.get(action.handle)
        if process is None or process.endpoint is None:
            return
        mode = app.state.path_mode(action.release)
        probe = readiness.probe_of(app.planned, action.release, mode)
        answers = await self._engine.probe(action.handle, probe)
        self._end_turn(action.handle)
        if process.phase is not Phase.STARTING or action.handle not in app.state.processes:
            return
        if answers.statuses:
            verdict = readiness.judge(app.planned, action.release, mode, answers)
            await self._answered(app, action, process, verdict)
        elif not await self._has_ended(action.handle):
            await self._silent(app, action, process, answers)

    async def keep_checking(self, app: App, action: KeepChecking) -> None:
        """Until its liveness check fails, or it ends; then another process takes its place."""
        liveness = action.release.liveness
        process = app.state.processes.get(action.handle)
        if process is None or liveness is None:
            return
        mode = app.state.path_mode(action.release)
        check = readiness.check_of(app.planned, liveness, mode)
        if not (why := await self._engine.failing(action.handle, check)):
            return
        words = readiness.words_of_failure(liveness, why)
        if events.unhealthy(app.state, action.handle, words, Moment.now()):
            said = f"{process.name} {words} Another process takes its place."
            self._logs.say(app.id, process.name, said)

    async def drain(self, app: App, action: DrainProcess) -> None:
        """Wait until it has finished what it has begun, or its time is up; then end it."""
        events.draining(app.state, action.handle, Moment.now())
        self._changed(app)
        deadline = time.monotonic() + max(app.planned.drain_seconds, LEAST_DRAIN)
        await asyncio.sleep(LEAST_DRAIN)
        pause = DRAIN_POLL
        # An engine can only be asked; there is no event for the last connection's end.
        while time.monotonic() < deadline and await self._engine.connections(action.handle):
            await asyncio.sleep(pause)
            pause = min(pause * 1.2, LONGEST_DRAIN_POLL)
        await self._end(app, action.handle)

    async def stop(self, app: App, action: StopProcess) -> None:
        await self._end(app, action.handle)

    async def limit(self, app: App, action: LimitProcess) -> None:
        """Once: what it uses more of already counts for the next of its name."""
        events.limited(app.state, action.handle, action.limits)
        await self._engine.limit(action.handle, action.limits)

    async def _end(self, app: App, handle: str) -> None:
        events.stopping(app.state, handle, Moment.now())
        self._changed(app)
        await self._engine.stop(handle, STOP_GRACE)
        await self._engine.wait(handle)

    async def _watch(self, app: App, handle: str) -> None:
        end = await self._engine.wait(handle)
        self._end_turn(handle)
        process = events.ended(app.state, handle, end, Moment.now())
        # Not when something else serves or is wanted by now: then it was about to be let go.
        if process is not None and app.plan is not None and _is_coming(app, process):
            lines = self._last_lines(app, process)
            problem = _ended_at_start(app.plan, process, end, lines)
            await self._failed(app, process, problem, lines)
        if process is not None and end.out_of_memory:
            words = words_of_end(end, app.state.name, process.name, process.limits)
            self._logs.say(app.id, process.name, f"{process.name} {words}")
        self._changed(app)

    def _last_lines(self, app: App, process: Process) -> list[str]:
        return self._logs.tail(app.id, process.name, LAST_LINES, since=process.since)

    def _not_started(self, app: App, action: StartProcess, problem: Problem) -> None:
        if action.target == app.state.serving:
            events.could_not_start(app.state, action.name, problem, Moment.now())
        else:
            self._deploys.rollout_failed(app, action.target, problem)

    async def _has_ended(self, handle: str) -> bool:
        """Whether a process has ended; then its watcher tells why."""
        try:
            await asyncio.wait_for(self._engine.wait(handle), 0.05)
        except TimeoutError:
            return False
        return True

    async def _answered(
        self, app: App, action: AwaitReady, process: Process, verdict: readiness.Verdict
    ) -> None:
        if verdict.path_mode is not None:
            events.path_mode_found(app.state, action.release.version, verdict.path_mode)
            found = f"Path mode: {verdict.path_mode} (found by asking the app)"
            self._deploys.say(app, process.target, found)
        if verdict.warning is not None:
            self._deploys.say(app, process.target, f"Warning: {verdict.warning}")
        # What serves already may answer as it likes: it has been ready before.
        if verdict.problem is not None and action.strict:
            await self._refuse(app, process, verdict.problem)
        else:
            await self._engine.mark_ready(action.handle)
            events.ready(app.state, action.handle, Moment.now())

    async def _silent(
        self, app: App, action: AwaitReady, process: Process, answers: Answers
    ) -> None:
        listening = await self._engine.listening(action.handle)
        port = process.endpoint.port if process.endpoint else 0
        if action.strict:
            problem = readiness.never_answered(app.planned, answers, listening, port)
            await self._refuse(app, process, problem)
        else:  # its watcher counts the end as a death
            await self._engine.stop(action.handle, STOP_GRACE)

    async def _refuse(self, app: App, process: Process, problem: Problem) -> None:
        lines = self._last_lines(app, process)
        self._deploys.say(app, process.target, *lines)
        await self._failed(app, process, problem, lines)

    async def _failed(
        self, app: App, process: Process, problem: Problem, last_lines: list[str]
    ) -> None:
        release = release_of(app.planned, app.state, process.target)
        context = await self._deploys.context(app, release)
        if app.plan is not None:  # destroyed meanwhile
            told = readiness.taught(problem, last_lines, context)
            self._deploys.rollout_failed(app, process.target, told)


def _urgency(app: App, action: StartProcess) -> Urgency:
    if action.target != app.state.serving:
        return Urgency.DEPLOY
    return Urgency.WEB if action.name.startswith(f"{WEB}.") else Urgency.OTHER


def _is_wanted(app: App, action: StartProcess) -> bool:
    return action in reconcile(app.plan, app.state, time.monotonic())


def _ended_at_start(plan: AppPlan, process: Process, end: Exit, lines: list[str]) -> Problem:
    out_of_memory = ended_at_start(end, plan.name, process.name, process.limits)
    return out_of_memory or readiness.ended_at_start(plan, words_of_exit(end.code), lines)


def _is_coming(app: App, process: Process) -> bool:
    wanted = desired(app.planned, app.state)
    return process.target == wanted and not app.state.is_served(process.target)
