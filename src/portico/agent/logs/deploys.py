"""The log of one deploy: bounded, never rotated, and with an end."""

from __future__ import annotations

import re
import time
from pathlib import Path

from portico.agent.logs.cursor import Cursor
from portico.agent.logs.files import LogFile
from portico.agent.logs.lines import END, parsed, split, stored

PROCESS = "deploy"  # as which its lines appear
KEPT = 50
NAME = re.compile(r"deploy-([0-9]+)\.log")
# Beyond the limit, for what the platform says of a deploy's outcome.
CUT_OFF = b"Portico: this log has reached its largest size; what follows is not kept."


class DeployLog:
    """Takes lines until `end`. What a build prints without end is cut off at `limit` bytes."""

    def __init__(self, path: Path, limit: int) -> None:
        self._file = LogFile(path, limit * 2, kept=0)
        self._path = path
        self._limit = limit
        self._cut_off = False

    def add(self, text: str) -> None:
        lines = split(text.replace(END, "").encode(errors="replace"))
        if self._cut_off:
            return
        if self._file.size() >= self._limit:
            self._cut_off = True
            lines = [CUT_OFF]
        self._file.append(stored(time.time(), lines))

    def end(self) -> None:
        if not has_ended(self._path):
            self._file.append(stored(time.time(), [END.encode()]))


def has_ended(path: Path) -> bool:
    cursor = Cursor(path)
    try:
        return any(is_end(line) for line in cursor.last(1))
    finally:
        cursor.close()


def is_end(line: bytes) -> bool:
    found = parsed(PROCESS, line)
    return found is not None and found.text == END


def prune(folder: Path) -> None:
    """Make room for another deploy's log; the oldest go."""
    for number in numbers(folder)[: -(KEPT - 1)]:
        (folder / f"deploy-{number}.log").unlink(missing_ok=True)


def numbers(folder: Path) -> list[int]:
    """Of the deploys that have a log, the oldest first."""
    return sorted(int(m[1]) for path in _files(folder) if (m := NAME.fullmatch(path.name)))


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
