"""What can happen to an app, replayed through `reconcile` and `events` with a clock of the test's own.

Actions begin when `reconcile` asks for them, and end when the history says so, well or badly, as
the agent's do: never two of one key at once, and in any order.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from portico.agent import events
from portico.agent.actions import (
    Action,
    AwaitReady,
    CancelDeploy,
    CollectDisk,
    DrainProcess,
    EndLogs,
    KeepChecking,
    Key,
    LimitProcess,
    RemoveApp,
    RouteTo,
    StartProcess,
    StopProcess,
    Wake,
)
from portico.agent.clock import Moment
from portico.agent.observed import AppState, Process, Progress
from portico.agent.reconciling.processes import is_replaced
from portico.agent.reconciling.reconcile import reconcile
from portico.agent.supervision import Phase, ends_unasked
from portico.engines.engine import Endpoint, Exit, Instance
from portico.wire import AppPlan, Deploy, DeployState, Liveness, Problem
from tests.agent.plans import moment, plan, release

PROBLEM = Problem(title="It broke.")
LONG = 1000  # more steps than any history needs to come to rest


@dataclass
class History:
    """An app with its plan, from its first moment on."""

    plan: AppPlan | None = field(default_factory=plan)
    state: AppState = field(default_factory=lambda: AppState(7))
    now: Moment = field(default_factory=lambda: moment(1000))
    pending: dict[Key, Action] = field(default_factory=dict)
    removed: bool = False
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self._endings: dict[type[Action], Callable[..., None]] = {
            StartProcess: self._start,
            AwaitReady: self._answer,
            KeepChecking: self._check,
            RouteTo: self._route,
            DrainProcess: self._end,
            StopProcess: self._end,
            CancelDeploy: self._cancel,
            CollectDisk: self._collect,
            EndLogs: self._end_logs,
            RemoveApp: self._remove,
            Wake: self._wake,
            LimitProcess: self._limit,
        }
        self._reconcile()

    # --- what happens -------------------------------------------------------------------------

    def deploy(self) -> None:
        """A new release is on its way, when none is yet: others wait for their turn."""
        if self.plan is not None and self.plan.deploy is None:
            number = next(self._numbers)
            self._change(deploy=Deploy(id=number, release=release(number, liveness=Liveness())))

    def cancel(self) -> None:
        if self.plan is not None and self.plan.deploy is not None:
            self._change(deploy=self.plan.deploy.model_copy(update={"cancel": True}))

    def scale(self, web: int, worker: int) -> None:
        self._change(formation={"web": web, "worker": worker})

    def restart(self) -> None:
        if self.plan is not None:
            self._change(generation=self.plan.generation + 1)

    def destroy(self) -> None:
        self.plan = None
        self._reconcile()

    def web_hears(self) -> None:
        """Web takes the report of a deploy that has ended."""
        progress, deploy = self.state.progress, self.plan.deploy if self.plan else None
        if deploy is None or progress is None or not progress.state.final:
            return
        if progress.state is DeployState.LIVE:
            self._change(current=deploy.release, deploy=None)
        else:
            self._change(deploy=None)

    def pass_time(self, seconds: float) -> None:
        """The clock that people set may jump meanwhile."""
        self.now = Moment(self.now.steady + seconds, self.now.unix - 7 * seconds)
        self._reconcile()

    def die(self, number: int, code: int = 1) -> None:
        """One of the processes ends, whatever it was about to do."""
        if handles := list(self.state.processes):
            self._ended(handles[number % len(handles)], code)
            self._reconcile()

    def lose_agent(self) -> None:
        """The next one finds what runs, and what was written down."""
        before, self.pending = self.state, {}
        self.state = AppState(7, serving=before.switching or before.serving)
        if before.progress is not None:
            self.state.progress = Progress(before.progress.id)
        for process in before.processes.values():
            ready = process.phase is not Phase.STARTING
            events.started(self.state, self._found(process, ready=ready), self.now)
        if self.plan is not None:
            events.planned(self.state, self.plan)
        self._reconcile()

    @staticmethod
    def _found(process: Process, *, ready: bool) -> Instance:
        target, endpoint = process.target, process.endpoint
        return Instance(
            handle=process.handle,
            app_id=7,
            process=process.name,
            release=target.release,
            generation=target.generation,
            started_at=process.started_at,
            endpoint=endpoint,
            ready=ready,
        )

    def go_on(self, number: int, *, well: bool = True) -> None:
        """One of the actions under way comes to its end."""
        if keys := list(self.pending):
            self._finish(keys[number % len(keys)], well=well)

    def come_to_rest(self) -> None:
        """From here on nothing goes wrong any more."""
        for _ in range(LONG):
            self.web_hears()
            under_way = {k: a for k, a in self.pending.items() if not isinstance(a, KeepChecking)}
            due = [key for key, action in under_way.items() if not isinstance(action, Wake)]
            if not under_way:
                return
            self._finish((due or list(under_way))[0], well=True)
        raise AssertionError(f"it never comes to rest: {list(self.pending)}")

    # --- how the actions end ------------------------------------------------------------------

    def _finish(self, key: Key, *, well: bool) -> None:
        action = self.pending.pop(key)
        self._endings[type(action)](action, well=well)
        self._reconcile()

    def _start(self, action: StartProcess, *, well: bool) -> None:
        if action not in reconcile(self.plan, self.state, self.now.steady):
            return
        self._assert_name_is_free(action)
        serves = action.target == self.state.serving
        if serves:
            assert self.now.steady >= self.state.slot(action.name).next_start, "without back-off"
        if well:
            events.started(self.state, self._instance(action), self.now)
        elif serves:
            events.could_not_start(self.state, action.name, PROBLEM, self.now)
        elif self.plan is not None:
            events.rollout_failed(self.state, self.plan, action.target, PROBLEM)

    def _instance(self, action: StartProcess) -> Instance:
        number = next(self._numbers)
        web = action.name.startswith("web.")
        return Instance(
            handle=f"{action.name}-{number}",
            app_id=7,
            process=action.name,
            release=action.target.release,
            generation=action.target.generation,
            started_at=self.now.unix,
            endpoint=Endpoint("127.0.0.1", 1000 + number) if web else None,
        )

    def _answer(self, action: AwaitReady, *, well: bool) -> None:
        process = self.state.processes.get(action.handle)
        if process is None or process.phase is not Phase.STARTING:
            return
        if well:
            events.ready(self.state, action.handle, self.now)
        elif not action.strict:
            self._ended(action.handle, 143)
        elif self.plan is not None:
            events.rollout_failed(self.state, self.plan, process.target, PROBLEM)

    def _check(self, action: KeepChecking, *, well: bool) -> None:
        if not well:
            events.unhealthy(self.state, action.handle, "failed its check", self.now)

    def _route(self, action: RouteTo, *, well: bool) -> None:
        if well:
            events.routed(self.state, action.endpoints, action.target, self.plan)
        else:
            events.switch_given_up(self.state)

    def _end(self, action: DrainProcess | StopProcess, *, well: bool) -> None:
        del well
        events.stopping(self.state, action.handle, self.now)
        self._ended(action.handle, 143)

    def _cancel(self, action: CancelDeploy, *, well: bool) -> None:
        del action
        if well:
            events.deploy_cancelled(self.state)

    def _collect(self, action: CollectDisk, *, well: bool) -> None:
        if well:
            self.state.collected = action.kept

    def _end_logs(self, action: EndLogs, *, well: bool) -> None:
        del action
        self.state.logs_ended = well

    def _remove(self, action: RemoveApp, *, well: bool) -> None:
        del action
        self.removed = well

    def _limit(self, action: LimitProcess, *, well: bool) -> None:
        del well  # it is tried once
        events.limited(self.state, action.handle, action.limits)

    def _wake(self, action: Wake, *, well: bool) -> None:
        del well
        late = max(self.now.steady, action.at)
        self.now = Moment(late, self.now.unix)

    # --- as the agent does --------------------------------------------------------------------

    def _change(self, **fields: object) -> None:
        if self.plan is not None:
            self.plan = self.plan.model_copy(update=fields)
            events.planned(self.state, self.plan)
            self._reconcile()

    def _ended(self, handle: str, code: int) -> None:
        process = events.ended(self.state, handle, Exit(code), self.now)
        if process and self.plan and process.target != self.state.serving:
            events.rollout_failed(self.state, self.plan, process.target, PROBLEM)

    def _reconcile(self) -> None:
        if self.removed:
            return
        for action in reconcile(self.plan, self.state, self.now.steady):
            if action.key not in self.pending:
                self.pending[action.key] = action
                self._begin(action)
        self._assert_names_are_single()

    def _begin(self, action: Action) -> None:
        if isinstance(action, DrainProcess):
            routed = self.state.routed or frozenset()
            assert self.state.processes[action.handle].endpoint not in routed, "it still serves"
            events.draining(self.state, action.handle, self.now)
        elif isinstance(action, RouteTo):
            events.switch_began(self.state, action.target)
        elif isinstance(action, StopProcess):
            events.stopping(self.state, action.handle, self.now)

    def _assert_name_is_free(self, action: StartProcess) -> None:
        """Workers are alone, web processes among those of their target that go on."""
        same = [p for p in self.state.processes.values() if p.name == action.name]
        if action.name.startswith("web."):
            same = [p for p in same if p.target == action.target and ends_unasked(p.phase)]
        assert not same, same

    def _assert_names_are_single(self) -> None:
        """Of those that answer. An agent that comes back may find two, and keeps the younger."""
        there = list(self.state.processes.values())
        answer = [p for p in there if p.phase is Phase.RUNNING and not is_replaced(self.state, p)]
        twice = Counter((p.name, p.target) for p in answer)
        assert set(twice.values()) <= {1}, twice
