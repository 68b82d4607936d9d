"""One server per data folder: the lock, and who holds it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from portico.errors import PorticoError
from portico.supervisor.identity import Identity, boot_id, is_running, myself


def take(path: Path) -> int:
    """Lock the data folder for this process; returns the descriptor that holds the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise _taken(path) from error
    write_holder(descriptor)
    return descriptor


def write_holder(descriptor: int) -> None:
    """Say in the file who holds the lock."""
    me = myself()
    text = json.dumps({"boot": boot_id(), "pid": me.pid, "start": me.start}).encode() + b"\n"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text, 0)


def holder(path: Path) -> Identity | None:
    """The running supervisor of a data folder, None when there is none."""
    try:
        found = json.loads(path.read_text())
        identity = Identity(int(found["pid"]), int(found["start"]))
        return identity if found["boot"] == boot_id() and is_running(identity) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _taken(path: Path) -> PorticoError:
    who = holder(path)
    name = f"Process {who.pid}" if who else "Another process"
    data = path.parent
    return PorticoError(
        "A server runs on this data folder already.",
        f"{name} holds {path}.",
        f"See it with `portico server status --data {data}`, stop it with "
        f"`portico server stop --data {data}`, or start this one with another --data.",
    )
