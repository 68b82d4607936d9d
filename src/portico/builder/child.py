"""Runs the app's own programs during a build, in its environment, their lines into the log."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portico.builder import log

LAST_LINES = 15
# What tells programs where they are: of a virtual environment, and of conda's.
_PREFIXES = ("VIRTUAL_ENV", "CONDA_PREFIX")


@dataclass(frozen=True)
class Ended:
    code: int
    last: tuple[str, ...]

    @property
    def tail(self) -> str:
        return "\n".join(self.last) or "It wrote nothing."


def run(
    command: Sequence[str], tree: Path, environment: Path, steps: Collection[str] = ()
) -> Ended:
    """Run a program in the app's tree to its end. Lines in `steps` are the build's own."""
    return run_with(variables(environment), command, tree, steps)


def run_with(
    environment: Mapping[str, str],
    command: Sequence[str],
    folder: Path,
    steps: Collection[str] = (),
) -> Ended:
    """The same with these variables and no others."""
    last: deque[str] = deque(maxlen=LAST_LINES)
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process:
        for raw in process.stdout or ():
            line = raw.decode(errors="replace").rstrip()
            if line in steps:
                log.step(line)
            elif line:
                last.append(line)
                log.output(line)
    return Ended(process.returncode, tuple(last))


def variables(environment: Path) -> dict[str, str]:
    """What this step was given (config vars), with the app's packages first on PATH."""
    path = os.environ.get("PATH", "/usr/bin:/bin")
    return {
        **os.environ,
        "PATH": f"{environment / 'bin'}:{path}",
        _PREFIXES[(environment / "conda-meta").is_dir()]: str(environment),
        "PYTHONUNBUFFERED": "1",
    }
