"""What web is told of an app. Pure: observed state in, document out."""

from __future__ import annotations

from portico.agent.observed import AppState, Process
from portico.agent.supervision import Phase
from portico.engines import limits
from portico.wire import (
    AppReport,
    Capacity,
    DeployReport,
    DeployState,
    ProcessReport,
    ProcessState,
)

STATES = {
    Phase.STARTING: ProcessState.STARTING,
    Phase.RUNNING: ProcessState.RUNNING,
    Phase.UNHEALTHY: ProcessState.UNHEALTHY,
    Phase.DRAINING: ProcessState.STOPPING,
    Phase.STOPPING: ProcessState.STOPPING,
}


def report_of(state: AppState) -> AppReport:
    """All that web should know of this app now."""
    return AppReport(
        id=state.id,
        serving=state.serving.release if state.serving else None,
        generation=state.serving.generation if state.serving else 0,
        processes=(*_running(state), *_waiting(state)),
        deploy=_deploy(state),
        problem=state.problem,
        failed_generation=state.failed.generation if state.failed else None,
    )


def capacity_of(there: limits.Capacity) -> Capacity:
    """What web should know of the place where apps run."""
    return Capacity(**vars(there))


def _running(state: AppState) -> list[ProcessReport]:
    ordered = sorted(state.processes.values(), key=lambda p: (p.type, p.index, p.target))
    return [_process(state, process) for process in ordered]


def _process(state: AppState, process: Process) -> ProcessReport:
    slot = state.slots.get(process.name)
    serves = slot is not None and process.target == state.serving
    return ProcessReport(
        handle=process.handle,
        name=process.name,
        state=STATES[process.phase],
        release=process.target.release,
        since=process.since,
        restarts=slot.restarts if slot and serves else 0,
        last_exit=slot.last_exit if slot and serves else None,
        out_of_memory=slot.out_of_memory if slot and serves else False,
        pid=process.pid,
        address=process.endpoint.address if process.endpoint else None,
        port=process.endpoint.port if process.endpoint else None,
    )


def _waiting(state: AppState) -> list[ProcessReport]:
    """The processes that died and will be started again."""
    if state.serving is None:
        return []
    there = {process.name for process in state.processes.values()}
    return [
        ProcessReport(
            name=name,
            state=ProcessState.CRASHED if slot.crashed else ProcessState.BACKOFF,
            release=state.serving.release,
            since=slot.since,
            restarts=slot.restarts,
            last_exit=slot.last_exit,
            out_of_memory=slot.out_of_memory,
        )
        for name, slot in sorted(state.slots.items())
        if name not in there and slot.last_exit is not None
    ]


def _deploy(state: AppState) -> DeployReport | None:
    progress = state.progress
    if progress is None or progress.state is DeployState.QUEUED:
        return None
    return DeployReport.model_validate(
        {
            "id": progress.id,
            "state": progress.state,
            "built": progress.built,
            "problem": progress.problem,
            "path_mode": progress.path_mode,
        }
    )
