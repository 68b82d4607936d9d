"""How what happened changes the observed state of an app. No clock, no files: histories replay.

Each function is one event. `supervision` has the phases of a process and which may follow which.
"""

from __future__ import annotations

from portico.agent.clock import Moment
from portico.agent.limits import words_of_end
from portico.agent.observed import AppState, Process, Progress, ReleaseCommand, Target
from portico.agent.reconciling.targets import is_switching, release_of
from portico.agent.supervision import Phase, ends_unasked
from portico.engines.engine import Endpoint, Exit, Instance
from portico.engines.limits import Limits
from portico.wire import AppPlan, BuildResult, Deploy, DeployState, PathMode, Problem


def planned(state: AppState, plan: AppPlan) -> None:
    """The plan of the app has changed."""
    state.name = plan.name
    for release in (plan.current, plan.deploy.release if plan.deploy else None):
        if release is not None:
            state.releases[release.version] = release
    _forget_old_releases(state, plan)
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


def _forget_old_releases(state: AppState, plan: AppPlan) -> None:
    targets = {process.target for process in state.processes.values()}
    kept = {target.release for target in (*targets, state.serving, state.switching) if target}
    planned = (plan.current, plan.deploy.release if plan.deploy else None)
    kept |= {release.version for release in planned if release}
    state.releases = {v: r for v, r in state.releases.items() if v in kept}


def _wanted(name: str, plan: AppPlan) -> bool:
    process_type, _, index = name.rpartition(".")
    return int(index) <= plan.formation.get(process_type, 0)


def started(state: AppState, instance: Instance, now: Moment) -> None:
    """The engine has started, or taken over, a process."""
    state.processes[instance.handle] = Process.of(instance, now)


def ready(state: AppState, handle: str, now: Moment) -> None:
    """A starting process answers."""
    _move(state, handle, Phase.RUNNING, now)


def draining(state: AppState, handle: str, now: Moment) -> None:
    """A running process gets no more requests."""
    _move(state, handle, Phase.DRAINING, now)


def stopping(state: AppState, handle: str, now: Moment) -> None:
    """A process has been told to end."""
    _move(state, handle, Phase.STOPPING, now)


def limited(state: AppState, handle: str, limits: Limits) -> None:
    """A process has been told to have other limits."""
    process = state.processes.get(handle)
    if process is not None:
        process.limits = limits


def _move(state: AppState, handle: str, phase: Phase, now: Moment) -> None:
    """What comes too late, for a process that is gone or further, changes nothing."""
    process = state.processes.get(handle)
    if process is not None:
        process.becomes(phase, now)


def ended(state: AppState, handle: str, end: Exit, now: Moment) -> Process | None:
    """A process is gone. Returned when nobody had asked it to end."""
    process = state.processes.pop(handle, None)
    if process is None or not ends_unasked(process.phase):
        return None
    if state.is_served(process.target):
        words = words_of_end(end, state.name, process.name, process.limits)
        for_memory = end.out_of_memory is not None
        _count_death(state, process, words, now, out_of_memory=for_memory)
    return process


def unhealthy(state: AppState, handle: str, words: str, now: Moment) -> bool:
    """A running process has failed its liveness check; whether that comes in time to matter."""
    process = state.processes.get(handle)
    if process is None or process.phase is not Phase.RUNNING or process.target != state.serving:
        return False
    _count_death(state, process, words, now)
    return process.becomes(Phase.UNHEALTHY, now)


def _count_death(
    state: AppState, process: Process, words: str, now: Moment, *, out_of_memory: bool = False
) -> None:
    uptime = now.steady - process.entered if process.phase is Phase.RUNNING else 0.0
    slot = state.slot(process.name)
    state.slots[process.name] = slot.after_death(now, uptime, words, out_of_memory=out_of_memory)


def could_not_start(state: AppState, name: str, problem: Problem, now: Moment) -> None:
    """The engine could not start a process of what serves; it is tried again later."""
    state.slots[name] = state.slot(name).after_death(now, 0.0, problem.title)


def switch_began(state: AppState, target: Target | None) -> None:
    """The router is being told to send requests to that target."""
    state.switching = target


def switch_given_up(state: AppState) -> None:
    """It could not be told."""
    state.switching = None


def routed(
    state: AppState, endpoints: frozenset[Endpoint], target: Target | None, plan: AppPlan | None
) -> None:
    """The router has taken these endpoints."""
    state.routed, state.switching = endpoints, None
    if target == state.serving:
        return
    state.serving, state.failed, state.problem, state.slots = target, None, None, {}
    release = plan.deploy.release if plan and plan.deploy else None
    if release and target and release.version == target.release and state.progress:
        state.progress.state = DeployState.LIVE


def rollout_failed(state: AppState, plan: AppPlan, target: Target, problem: Problem) -> None:
    """A target that was to serve cannot; what serves goes on."""
    if state.is_served(target) or target == state.failed:
        return
    state.failed = target
    deploy = plan.deploy
    of_deploy = deploy and deploy.release and deploy.release.version == target.release
    if deploy and is_switching(deploy, state):
        return  # a restart that came meanwhile; it is tried again
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
