"""The deploy of an app that is under way: its next step."""

from __future__ import annotations

from collections.abc import Iterator

from portico.agent.actions import (
    Action,
    BuildSlug,
    CancelDeploy,
    EndLogs,
    FailDeploy,
    RunReleaseCommand,
)
from portico.agent.observed import AppState, Progress, ReleaseCommand
from portico.agent.reconciling.targets import is_switching, progress_of
from portico.wire import AppPlan, Deploy, DeployState, Problem, Release

UNKNOWN_RESULT = Problem(
    title="The release command was interrupted.",
    detail="Portico was restarted while it ran, so nobody knows how far it came.",
    hint="Look at what it changed, then deploy again; it is never run twice for one release.",
)


def end_logs(plan: AppPlan, state: AppState) -> Iterator[Action]:
    if not state.logs_ended:
        deploy = plan.deploy
        goes_on = deploy is not None and not progress_of(deploy, state).state.final
        yield EndLogs(deploy.id if deploy and goes_on else None)


def advance_deploy(plan: AppPlan, state: AppState) -> Iterator[Action]:
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
