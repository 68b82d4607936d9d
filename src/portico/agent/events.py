"""How what happened changes the observed state of an app. No clock, no files: histories replay.

Each function is one event. Transitions of a process:

    starting -> running -> draining -> stopping -> (gone)
        \\__________\\_____________________/
"""

from __future__ import annotations

from portico.agent.observed import AppState, Phase, Process, Progress, ReleaseCommand, Target
from portico.agent.readiness import words_of_exit
from portico.agent.reconcile import release_of
from portico.engines.engine import Endpoint, Exit, Instance
from portico.wire import AppPlan, BuildResult, Deploy, DeployState, PathMode, Problem


def planned(state: AppState, plan: AppPlan) -> None:
    """The plan of the app has changed."""
    for release in (plan.current, plan.deploy.release if plan.deploy else None):
        if release is not None:
            state.releases[release.version] = release
    _forget_old_releases(state)
    state.slots = {n: s for n, s in state.slots.items() if _wanted(n, plan)}
    state.ended_sessions &= {session.id for session in plan.sessions}
    deploy = plan.deploy
    if deploy is None:
        return
    if state.progress is None or state.progress.id != deploy.id:
        state.progress = Progress(deploy.id)
    # An agent before this one had switched already, and died before it could say so.
    if deploy.release and state.serving and deploy.release.version == state.serving.release:
        state.progress.state = DeployState.LIVE


def _forget_old_releases(state: AppState) -> None:
    alive = {process.target.release for process in state.processes.values()}
    newest = sorted(state.releases)[-2:]
    kept = alive | set(newest) | ({state.serving.release} if state.serving else set())
    state.releases = {v: r for v, r in state.releases.items() if v in kept}


def _wanted(name: str, plan: AppPlan) -> bool:
    process_type, _, index = name.rpartition(".")
    return int(index) <= plan.formation.get(process_type, 0)


def started(state: AppState, instance: Instance) -> None:
    """The engine has started, or taken over, a process."""
    state.processes[instance.handle] = Process.of(instance)


def ready(state: AppState, handle: str, now: float) -> None:
    """A starting process answers."""
    process = state.processes.get(handle)
    if process is not None and process.phase is Phase.STARTING:
        process.phase, process.since = Phase.RUNNING, now


def draining(state: AppState, handle: str, now: float) -> None:
    process = state.processes.get(handle)
    if process is not None and process.phase is Phase.RUNNING:
        process.phase, process.since = Phase.DRAINING, now


def stopping(state: AppState, handle: str, now: float) -> None:
    """A process has been told to end."""
    process = state.processes.get(handle)
    if process is not None and process.phase is not Phase.STOPPING:
        process.phase, process.since = Phase.STOPPING, now


def ended(state: AppState, handle: str, end: Exit, now: float) -> Process | None:
    """A process is gone. Returned when nobody had asked it to end."""
    process = state.processes.pop(handle, None)
    if process is None or process.phase in (Phase.STOPPING, Phase.DRAINING):
        return None
    if process.target == state.serving:
        up_since = process.since if process.phase is Phase.RUNNING else now
        slot = state.slot(process.name).after_exit(now, up_since, words_of_exit(end.code))
        state.slots[process.name] = slot
    return process


def could_not_start(state: AppState, name: str, problem: Problem, now: float) -> None:
    """The engine could not start a process of what serves; it is tried again later."""
    state.slots[name] = state.slot(name).after_exit(now, now, problem.title)


def routed(
    state: AppState, endpoints: frozenset[Endpoint], target: Target | None, plan: AppPlan | None
) -> None:
    """The router has taken these endpoints."""
    state.routed = endpoints
    if target == state.serving:
        return
    state.serving, state.failed, state.problem, state.slots = target, None, None, {}
    release = plan.deploy.release if plan and plan.deploy else None
    if release and target and release.version == target.release and state.progress:
        state.progress.state = DeployState.LIVE


def rollout_failed(state: AppState, plan: AppPlan, target: Target, problem: Problem) -> None:
    """A target that was to serve cannot; what serves goes on."""
    if target == state.serving or target == state.failed:
        return
    state.failed = target
    deploy = plan.deploy
    of_deploy = deploy and deploy.release and deploy.release.version == target.release
    if of_deploy and state.progress and not state.progress.state.final:
        deploy_failed(state, problem)
    elif release_of(plan, state, target) is plan.current:
        state.problem = problem


def rollout_began(state: AppState, deploy: Deploy | None) -> None:
    """The first process of a release is being started; with a deploy that is its last step."""
    if deploy is not None:
        deploy_began(state, DeployState.STARTING)


def deploy_began(state: AppState, step: DeployState) -> None:
    if state.progress is not None and not state.progress.state.final:
        state.progress.state = step


def built(state: AppState, result: BuildResult) -> None:
    if state.progress is not None:
        state.progress.state, state.progress.built = DeployState.BUILT, result


def release_command_began(state: AppState) -> None:
    if state.progress is not None:
        state.progress.command = ReleaseCommand.BEGUN
        state.progress.state = DeployState.RELEASING


def release_command_done(state: AppState) -> None:
    if state.progress is not None:
        state.progress.command = ReleaseCommand.DONE


def release_command_is_done(state: AppState) -> bool:
    return state.progress is not None and state.progress.command is ReleaseCommand.DONE


def path_mode_found(state: AppState, release: int, mode: PathMode) -> None:
    """Probing has told how the app meets its prefix."""
    state.path_modes[release] = mode
    if state.progress is not None:
        state.progress.path_mode = mode


def deploy_failed(state: AppState, problem: Problem) -> None:
    if state.progress is not None and not state.progress.state.final:
        state.progress.state, state.progress.problem = DeployState.FAILED, problem


def deploy_cancelled(state: AppState) -> None:
    if state.progress is not None and not state.progress.state.final:
        state.progress.state = DeployState.CANCELLED
