"""Without root: moves this process to where each app can have a user of its own.

That is a user namespace in which the server's user is 0 and its subordinate ids follow. Inside, the
engine works as it does as root, towards these ids alone. The namespace needs nobody who holds it:
it lasts while an app runs in it, and the next agent enters it by way of that app.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from portico.engines.local.disk.folders import own_folder, remove
from portico.engines.local.host.survey import find_launcher
from portico.engines.local.host.trial import trial
from portico.engines.local.process_table.pids import PROC, boot_id
from portico.engines.local.processes.records import folders
from portico.engines.local.user_namespaces.idmap import Mapping, NoIds, server_mapping
from portico.engines.local.user_namespaces.namespace_program import join
from portico.engines.local.user_namespaces.opening import open_namespace
from portico.errors import PorticoError
from portico.layout import SUBORDINATE_IDS, Layout, users

PYTHON = (sys.executable, "-I", "-S")
OLD_APPS = NoIds(
    "The apps that run now were started when there were no ids for them.",
    "Type `portico server stop` and start the server again.",
)
TRY_AGAIN = "Correct that, then stop the server and start it again."


def enter(layout: Layout) -> NoIds | None:
    """Move this process, which has one thread. What is returned says why it stays where it is."""
    if os.geteuid() == 0:
        return None
    namespace = _find(layout)
    if isinstance(namespace, NoIds):
        return namespace
    _join(namespace)
    return None


def _find(layout: Layout) -> int | NoIds:
    """The namespace of what runs, which the engine must be able to signal; else a new one."""
    running = _namespaces_of_apps(layout)
    if _number(PROC / "self") in running:
        return OLD_APPS
    for pid in running.values():
        return os.open(PROC / str(pid) / "ns/user", os.O_RDONLY | os.O_CLOEXEC)
    mapping = server_mapping()
    return mapping if isinstance(mapping, NoIds) else _new(layout, mapping)


def _namespaces_of_apps(layout: Layout) -> dict[int, int]:
    """The user namespaces that launchers of running processes are in, each with one of them."""
    records = [folder.read() for folder in folders(layout.processes)]
    launchers = [r.pids.launcher for r in records if r and r.pids and r.boot == boot_id()]
    return {_number(PROC / str(found.pid)): found.pid for found in launchers if found.alive}


def _number(process: Path) -> int:
    return (process / "ns/user").stat().st_ino


def _new(layout: Layout, mapping: Mapping) -> int | NoIds:
    try:
        namespace = open_namespace(PYTHON, mapping)
    except PorticoError as error:
        return NoIds(f"newuidmap could not map them: {error.detail}", TRY_AGAIN)
    if refusal := _in_a_child(namespace, lambda: _try(layout.data)):
        os.close(namespace)
        return NoIds(f"No sandbox could be made with them: {refusal}", TRY_AGAIN)
    return namespace


def _in_a_child(namespace: int, attempt: Callable[[], str]) -> str:
    """What a process in there says: from there is no way back."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _join(namespace)
            said = attempt()
        except BaseException as error:  # it must not return into the caller's code
            said = str(error) or repr(error)
        os.write(there, said.encode()[:4096])
        os._exit(0)
    os.close(there)
    with os.fdopen(here, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(pid, 0)
    return said


def _try(data: Path) -> str:
    """Why apps cannot have users of their own there, '' when they can."""
    data.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="ids-", dir=data))
    try:
        own_folder(scratch / "own", users().build)
        done = trial(find_launcher(), users().build, "true")
    finally:
        remove(scratch)
    return done.stderr.strip() or f"code {done.returncode}" if done.returncode else ""


def _join(namespace: int) -> None:
    join(namespace)
    spans = (PROC / "self/uid_map").read_text().splitlines()
    os.environ[SUBORDINATE_IDS] = str(sum(int(span.split()[2]) for span in spans) - 1)
