"""Desired and observed state in, actions out. Pure: no clock, no files, no processes.

An app is reconciled alone, whenever its plan or what is seen of it has changed. Two words carry
the logic: the *serving* target is what viewers get now; the *desired* one is where the plan wants
them. When they differ, new web processes start beside the old and a switch is made once all of
them answer; whatever fails before that leaves the serving target as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
from portico.agent.limits import limits_of
from portico.agent.observed import AppState, Process, Progress, ReleaseCommand, Target
from portico.agent.supervision import Phase
from portico.engines.engine import Endpoint
from portico.wire import AppPlan, Deploy, DeployState, Problem, Release

WEB = "web"
MOST_DRAINING = 2  # generations that may finish their requests beside what serves

UNKNOWN_RESULT = Problem(
    title="The release command was interrupted.",
    detail="Portico was restarted while it ran, so nobody knows how far it came.",
    hint="Look at what it changed, then deploy again; it is never run twice for one release.",
)


def reconcile(plan: AppPlan | None, state: AppState, now: float) -> list[Action]:
    """All that there is to do for one app now; an empty list when all is as it should be.

    `now` is a time of the steady clock.
    """
    if plan is None:
        return list(_remove(state))
    return [
        *_end_logs(plan, state),
        *_advance_deploy(plan, state),
        *_run(plan, state, now),
        *_limit(plan, state),
        *(DialSession(s) for s in plan.sessions if s.id not in state.ended_sessions),
        *([SendLog()] if plan.log_drains else []),
        *_collect(plan, state),
    ]


def desired(plan: AppPlan, state: AppState) -> Target | None:
    """Where viewers should get to: the deploy's release once it may start, else the current one."""
    release = _candidate(plan, state) or plan.current
    target = Target(release.version, plan.generation) if release else None
    return state.serving if target is not None and target == state.failed else target


def _remove(state: AppState) -> Iterator[Action]:
    yield from (StopProcess(handle) for handle in state.processes)
    if not state.processes:
        yield RemoveApp()


# --- the deploy -------------------------------------------------------------------------------


def _end_logs(plan: AppPlan, state: AppState) -> Iterator[Action]:
    if not state.logs_ended:
        deploy = plan.deploy
        goes_on = deploy is not None and not progress_of(deploy, state).state.final
        yield EndLogs(deploy.id if deploy and goes_on else None)


def _advance_deploy(plan: AppPlan, state: AppState) -> Iterator[Action]:
    deploy = plan.deploy
    if deploy is None:
        return
    progress = progress_of(deploy, state)
    if progress.state.final:
        return
    if deploy.cancel:
        if not is_switching(deploy, state):
            yield CancelDeploy(deploy.id)
    elif deploy.release is None:
        if deploy.build is not None and progress.state is not DeployState.BUILT:
            yield BuildSlug(deploy.id, deploy.build)
    else:
        yield from _run_release_command(deploy, deploy.release, progress)


def _run_release_command(deploy: Deploy, release: Release, progress: Progress) -> Iterator[Action]:
    if release.release_command is None or progress.command is ReleaseCommand.DONE:
        return
    if progress.command is ReleaseCommand.NOT_BEGUN:
        yield RunReleaseCommand(deploy.id, release, release.release_command)
    elif progress.state is not DeployState.RELEASING:  # begun by an agent that is gone
        yield FailDeploy(deploy.id, UNKNOWN_RESULT)


def progress_of(deploy: Deploy, state: AppState) -> Progress:
    """How far this deploy has come; nowhere, when the state speaks of another one."""
    if state.progress is not None and state.progress.id == deploy.id:
        return state.progress
    return Progress(deploy.id)


def is_switching(deploy: Deploy, state: AppState) -> bool:
    """Whether the router is being told of its release: too late for it to fail."""
    release, switching = deploy.release, state.switching
    return bool(release and switching and release.version == switching.release)


def _candidate(plan: AppPlan, state: AppState) -> Release | None:
    """The deploy's release, once its processes may start."""
    if plan.deploy is None or plan.deploy.release is None:
        return None
    progress = progress_of(plan.deploy, state)
    if progress.state is DeployState.LIVE or is_switching(plan.deploy, state):
        return plan.deploy.release
    if plan.deploy.cancel:
        return None
    released = (
        plan.deploy.release.release_command is None or progress.command is ReleaseCommand.DONE
    )
    return plan.deploy.release if released and not progress.state.final else None


# --- processes --------------------------------------------------------------------------------


def _run(plan: AppPlan, state: AppState, now: float) -> Iterator[Action]:
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
    return is_current and _candidate(plan, state) is None and not _alive(state, state.serving)


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


def _limit(plan: AppPlan, state: AppState) -> Iterator[Action]:
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


def release_of(plan: AppPlan, state: AppState, target: Target | None) -> Release | None:
    """The release behind a target: from the plan, or as it was last seen there."""
    if target is None:
        return None
    in_plan = [plan.current, plan.deploy.release if plan.deploy else None]
    for release in in_plan:
        if release is not None and release.version == target.release:
            return release
    return state.releases.get(target.release)


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


def _collect(plan: AppPlan, state: AppState) -> Iterator[Action]:
    """Disk is collected when nothing is under way, so that nothing half-made is in sight."""
    needed = tuple(sorted({*plan.kept_builds, *_builds_in_use(plan, state)}))
    if plan.deploy is None and state.collected != needed:
        yield CollectDisk(needed)


def _builds_in_use(plan: AppPlan, state: AppState) -> Iterator[int]:
    """Of what serves and of what still runs, also when nobody wants it any more."""
    for target in {state.serving, *(process.target for process in state.processes.values())}:
        if release := release_of(plan, state, target):
            yield release.slug.build
