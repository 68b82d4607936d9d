"""Desired and observed state in, actions out. Pure: no clock, no files, no processes.

An app is reconciled alone, whenever its plan or what is seen of it has changed. Two words carry
the logic: the *serving* target is what viewers get now; the *desired* one is where the plan wants
them. When they differ, new web processes start beside the old and a switch is made once all of
them answer; whatever fails before that leaves the serving target as it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from portico.agent.actions import (
    Action,
    CollectDisk,
    DialSession,
    RemoveApp,
    SendLog,
    StopProcess,
)
from portico.agent.observed import AppState
from portico.agent.reconciling.deploy import advance_deploy, end_logs
from portico.agent.reconciling.processes import limit_processes, run_processes
from portico.agent.reconciling.targets import release_of
from portico.wire import AppPlan


def reconcile(plan: AppPlan | None, state: AppState, now: float) -> list[Action]:
    """All that there is to do for one app now; an empty list when all is as it should be.

    `now` is a time of the steady clock.
    """
    if plan is None:
        return list(_remove(state))
    return [
        *end_logs(plan, state),
        *advance_deploy(plan, state),
        *run_processes(plan, state, now),
        *limit_processes(plan, state),
        *(DialSession(s) for s in plan.sessions if s.id not in state.ended_sessions),
        *([SendLog()] if plan.log_drains else []),
        *_collect(plan, state),
    ]


def _remove(state: AppState) -> Iterator[Action]:
    yield from (StopProcess(handle) for handle in state.processes)
    if not state.processes:
        yield RemoveApp()


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
