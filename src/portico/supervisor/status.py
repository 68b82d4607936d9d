"""The state of a server as seen from outside: from its files and from /proc, asking nobody."""

from __future__ import annotations

from dataclasses import dataclass

from portico.layout import Layout
from portico.supervisor import lock, state
from portico.supervisor.identity import Identity, is_running
from portico.supervisor.processes import NAMES

RUNNING, RESTARTING, STOPPED = "running", "restarting", "stopped"


@dataclass(frozen=True)
class ProcessStatus:
    """One of web, agent and router."""

    name: str
    pid: int | None
    state: str


@dataclass(frozen=True)
class ServerStatus:
    """`restarts` counts the restarts asked for; `ready` says that web has answered since, and
    `failures` how often one of the processes has ended unasked.
    """

    url: str
    supervisor: Identity | None
    ready: bool
    restarts: int
    failures: int
    version: str
    processes: tuple[ProcessStatus, ...]

    @property
    def all_run(self) -> bool:
        return all(process.state == RUNNING for process in self.processes)

    @property
    def nothing_runs(self) -> bool:
        return self.supervisor is None and all(p.state == STOPPED for p in self.processes)


def read(layout: Layout) -> ServerStatus:
    """What runs on this data folder; a dead supervisor may have left some."""
    supervisor = lock.holder(layout.lock)
    found = state.load(layout.supervisor_state)
    records = found.children if found else {}
    return ServerStatus(
        url=found.url if found else "",
        supervisor=supervisor,
        ready=bool(found and supervisor and found.ready),
        restarts=found.restarts if found else 0,
        failures=found.failures if found else 0,
        version=found.version if found and supervisor else "",
        processes=tuple(_process(name, records.get(name), supervisor) for name in NAMES),
    )


def _process(name: str, record: state.Record | None, supervisor: Identity | None) -> ProcessStatus:
    if record is not None and is_running(record.identity):
        return ProcessStatus(name, record.pid, RUNNING)
    return ProcessStatus(name, None, RESTARTING if supervisor else STOPPED)
