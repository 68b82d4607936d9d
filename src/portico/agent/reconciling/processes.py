"""The processes of an app: which start, get requests, drain, stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portico.agent.actions import (
    Action,
    AwaitReady,
    DrainProcess,
    KeepChecking,
    LimitProcess,
    RouteTo,
    StartProcess,
    StopProcess,
    Wake,
)
from portico.agent.limits import limits_of
from portico.agent.observed import AppState, Process, Target
from portico.agent.reconciling.targets import WEB, candidate, desired, release_of
from portico.agent.supervision import Phase
from portico.engines.engine import Endpoint
from portico.wire import AppPlan, Release

MOST_DRAINING = 2  # generations that may finish their requests beside what serves


def run_processes(plan: AppPlan, state: AppState, now: float) -> Iterator[Action]:
    want = desired(plan, state)
    serving = state.serving
    if want != serving and _may_take_over(plan, state, want):
        yield RouteTo(_endpoints(plan, state, want), want)
        return
    if want != serving and want is not None:
        yield from _roll_out(plan, state, want)
    if serving is not None:
        yield from _keep_up(plan, state, serving, now)
    yield from _retire(plan, state, want)
    yield from _route(plan, state)


def _may_take_over(plan: AppPlan, state: AppState, want: Target | None) -> bool:
    """Whether to switch now: the new web processes all answer, or there is nothing to wait for.

    A current release with nothing running beside it (after a boot) serves at once and is brought
    up process by process; a deploy's release must first show that all of it answers.
    """
    if want is None:
        return False
    candidates = [p for p in state.of_target(want) if p.type == WEB and p.phase is Phase.RUNNING]
    if len(candidates) >= _web_count(plan, state, want):
        return True
    is_current = plan.current is not None and want.release == plan.current.version
    return is_current and candidate(plan, state) is None and not _alive(state, state.serving)


def _roll_out(plan: AppPlan, state: AppState, want: Target) -> Iterator[Action]:
    """Start the web processes of a target that does not serve yet, and wait for their answers."""
    release = release_of(plan, state, want)
    if release is None:
        return
    started = {process.name for process in state.of_target(want)}
    for name in _names(WEB, _web_count(plan, state, want)):
        if name not in started:
            yield StartProcess(name, want, release)
    for process in state.of_target(want):
        if process.phase is Phase.STARTING:
            yield AwaitReady(process.handle, release, strict=True)


def _keep_up(plan: AppPlan, state: AppState, serving: Target, now: float) -> Iterator[Action]:
    """Start what is missing of the serving target, in its own time."""
    release = release_of(plan, state, serving)
    if release is None:
        return
    taken = {p.name for p in state.processes.values() if _takes_name(p, serving)}
    for name in _formation(plan, release):
        slot = state.slot(name)
        if name in taken:
            continue
        if slot.next_start > now:
            yield Wake(slot.next_start)
        else:
            yield StartProcess(name, serving, release)
    for process in state.of_target(serving):
        if process.phase is Phase.STARTING:
            yield AwaitReady(process.handle, release, strict=False)
        elif process.phase is Phase.RUNNING and process.type == WEB and release.liveness:
            yield KeepChecking(process.handle, release)


def _takes_name(process: Process, serving: Target) -> bool:
    """Whether no other process of its name may start beside it."""
    if process.type != WEB:
        return True
    return process.target == serving and process.phase is not Phase.UNHEALTHY


def limit_processes(plan: AppPlan, state: AppState) -> Iterator[Action]:
    for process in state.processes.values():
        limits = limits_of(plan, process.name)
        if process.limits.changeable != limits.changeable:
            yield LimitProcess(process.handle, limits)


def _retire(plan: AppPlan, state: AppState, want: Target | None) -> Iterator[Action]:
    """Drain or stop what is neither serving nor on its way to."""
    release = release_of(plan, state, state.serving)
    wanted = set(_formation(plan, release)) if release else set()
    for process in state.processes.values():
        serves = process.target == state.serving and process.name in wanted
        serves = serves and not is_replaced(state, process)
        coming = process.target == want and process.type == WEB and want != state.serving
        if not serves and not coming:
            yield from _let_go(state, process)


def is_replaced(state: AppState, process: Process) -> bool:
    """Whether another one of its name answers in its place. An agent that comes back finds both
    running, and knows by their age."""
    if process.type != WEB:
        return False
    age = (process.started_at, process.handle)
    return any(
        process.phase is Phase.UNHEALTHY or (other.started_at, other.handle) > age
        for other in state.of_target(process.target)
        if other.name == process.name and other.phase is Phase.RUNNING and other is not process
    )


def _let_go(state: AppState, process: Process) -> Iterator[Action]:
    routed = state.routed is None or process.endpoint in state.routed
    if (
        process.endpoint is None
        or process.phase in (Phase.STARTING, Phase.STOPPING)
        or process.target in _too_many_draining(state)
    ):
        yield StopProcess(process.handle)
    elif not routed:
        yield DrainProcess(process.handle)


def _too_many_draining(state: AppState) -> set[Target]:
    """The oldest of the targets that still finish requests, beyond the two that may."""
    draining = {p.target for p in state.processes.values() if p.phase is Phase.DRAINING}
    return set(sorted(draining - {state.serving})[:-MOST_DRAINING])


def _route(plan: AppPlan, state: AppState) -> Iterator[Action]:
    endpoints = _endpoints(plan, state, state.serving)
    if endpoints != state.routed:
        yield RouteTo(endpoints, state.serving)


def _endpoints(plan: AppPlan, state: AppState, target: Target | None) -> frozenset[Endpoint]:
    """Where requests should go once that target serves."""
    wanted = set(_names(WEB, _web_count(plan, state, target)))
    return frozenset(
        process.endpoint
        for process in state.of_target(target)
        if process.endpoint
        and process.phase in (Phase.RUNNING, Phase.UNHEALTHY)
        and process.name in wanted
        and not is_replaced(state, process)
    )


def _alive(state: AppState, target: Target | None) -> bool:
    return any(process.phase is not Phase.STOPPING for process in state.of_target(target))


def _web_count(plan: AppPlan, state: AppState, target: Target | None) -> int:
    release = release_of(plan, state, target)
    return plan.formation.get(WEB, 0) if release is not None and WEB in release.processes else 0


def _formation(plan: AppPlan, release: Release) -> list[str]:
    """The names of all processes that should run of a release."""
    return [
        name
        for process_type in release.processes
        for name in _names(process_type, plan.formation.get(process_type, 0))
    ]


def _names(process_type: str, count: int) -> Iterable[str]:
    return (f"{process_type}.{index}" for index in range(1, count + 1))
