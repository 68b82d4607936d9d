"""Which process is meant: a pid alone may have gone to another one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

STATE, SESSION, START_TIME = 0, 3, 19  # positions in /proc/<pid>/stat after the command's name


@dataclass(frozen=True)
class Identity:
    """A pid and its start time in clock ticks since boot; unique until the next boot."""

    pid: int
    start: int


def identify(pid: int) -> Identity | None:
    """The process that has this pid now, None when there is none or only its remains."""
    fields = stat_fields(pid)
    if not fields or fields[STATE] in (b"Z", b"X"):
        return None
    return Identity(pid, int(fields[START_TIME]))


def myself() -> Identity:
    found = identify(os.getpid())
    assert found is not None  # noqa: S101 - whoever asks is running
    return found


def is_running(identity: Identity) -> bool:
    return identify(identity.pid) == identity


def stat_fields(pid: int) -> list[bytes]:
    """/proc/<pid>/stat from the state on; empty when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    return text.rpartition(b")")[2].split()


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
