"""Runs apt and mmdebstrap, their lines into the log as far as they tell an author something."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portico.builder import log

MOST_LINES = 400
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Ran:
    """`last` are its last lines, errors included."""

    code: int
    last: tuple[str, ...]


def run(command: Sequence[str], shown: Callable[[str], bool]) -> Ran:
    """Run a program to its end; lines that `shown` picks go to the log at once."""
    last: deque[str] = deque(maxlen=MOST_LINES)
    process = subprocess.Popen(
        command,
        env={**os.environ, "PATH": PATH, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process:
        for raw in process.stdout or ():
            line = raw.decode(errors="replace").rpartition("\r")[2].rstrip()
            if line:
                last.append(line)
            if line and shown(line):
                log.output(line)
    return Ran(process.returncode, tuple(last))
