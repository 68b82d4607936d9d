"""The targets of an app: which one viewers should get to, and how far a deploy has come towards it."""

from __future__ import annotations

from portico.agent.observed import AppState, Progress, ReleaseCommand, Target
from portico.wire import AppPlan, Deploy, DeployState, Release

WEB = "web"


def desired(plan: AppPlan, state: AppState) -> Target | None:
    """Where viewers should get to: the deploy's release once it may start, else the current one."""
    release = candidate(plan, state) or plan.current
    target = Target(release.version, plan.generation) if release else None
    return state.serving if target is not None and target == state.failed else target


def release_of(plan: AppPlan, state: AppState, target: Target | None) -> Release | None:
    """The release behind a target: from the plan, or as it was last seen there."""
    if target is None:
        return None
    in_plan = [plan.current, plan.deploy.release if plan.deploy else None]
    for release in in_plan:
        if release is not None and release.version == target.release:
            return release
    return state.releases.get(target.release)


def progress_of(deploy: Deploy, state: AppState) -> Progress:
    """How far this deploy has come; nowhere, when the state speaks of another one."""
    if state.progress is not None and state.progress.id == deploy.id:
        return state.progress
    return Progress(deploy.id)


def is_switching(deploy: Deploy, state: AppState) -> bool:
    """Whether the router is being told of its release: too late for it to fail."""
    release, switching = deploy.release, state.switching
    return bool(release and switching and release.version == switching.release)


def candidate(plan: AppPlan, state: AppState) -> Release | None:
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
