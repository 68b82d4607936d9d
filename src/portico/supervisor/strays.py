"""Processes of the server that no record names: a supervisor died before it could write one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from portico.supervisor.child import Child
from portico.supervisor.identity import SESSION, Identity, identify, stat_fields

GRACE = 10.0


def end_strays(data: Path, names: tuple[str, ...], known: set[int]) -> list[int]:
    """End them; returns their pids."""
    found = [identity for identity in _find(data, names) if identity.pid not in known]
    for identity in found:
        if child := Child.adopt(identity):
            child.end(signal.SIGTERM, GRACE)
    return [identity.pid for identity in found]


def _find(data: Path, names: tuple[str, ...]) -> Iterator[Identity]:
    wanted = {f"PORTICO_DATA={data}".encode()}
    marks = {f"PORTICO_CHILD={name}".encode() for name in names}
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        variables = _environment(entry)
        if not (wanted <= variables and marks & variables and _leads_a_session(pid)):
            continue
        if identity := identify(pid):
            yield identity


def _leads_a_session(pid: int) -> bool:
    """What web or agent have started inherits the marks, but not their session's lead."""
    fields = stat_fields(pid)
    return bool(fields) and int(fields[SESSION]) == pid and pid != os.getpid()


def _environment(process: Path) -> set[bytes]:
    try:
        return set((process / "environ").read_bytes().split(b"\0"))
    except OSError:
        return set()
