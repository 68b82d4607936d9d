"""Log files: appended to in whole lines, and rotated."""

from __future__ import annotations

import os
from pathlib import Path

BLOCK = 1 << 16


class LogFile:
    """Appends to `path`; keeps the older `path.1`, the newest of them, to `path.<kept>`.

    Lines that the disk has no room for are counted, not kept: an app must not stand still because
    the disk is full.
    """

    def __init__(self, path: Path, limit: int, kept: int) -> None:
        self.path = path
        self._limit = limit
        self._kept = kept
        self.lost = 0

    def append(self, lines: bytes) -> bool:
        """Whether the lines were kept."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            size = self.size()
            if size and size + len(lines) > self._limit:
                rotate(self.path, self._kept)
            append(self.path, lines)
        except OSError:
            self.lost += lines.count(b"\n")
            return False
        return True

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def rotate(path: Path, kept: int) -> None:
    """Make room for a new file at `path`; the oldest goes."""
    newest_first = [path, *rotated(path, kept)]
    for older, newer in reversed(list(zip(newest_first[1:], newest_first, strict=False))):
        if newer.exists():
            newer.replace(older)


def rotated(path: Path, kept: int) -> list[Path]:
    """The names of older files, the newest first."""
    return [path.with_name(f"{path.name}.{number}") for number in range(1, kept + 1)]


def append(path: Path, lines: bytes) -> None:
    """All or nothing."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(path, flags, 0o640)
    try:
        size = _mend(file)
        try:
            _write(file, lines)
        except OSError:
            os.ftruncate(file, size)
            raise
    finally:
        os.close(file)


def _write(file: int, lines: bytes) -> None:
    view = memoryview(lines)
    while view:
        view = view[os.write(file, view) :]


def _mend(file: int) -> int:
    """Remove the half line that a killed agent has left: the pipe still has it."""
    size = os.fstat(file).st_size
    whole = end_of_lines(file, size)
    if whole != size:
        os.ftruncate(file, whole)
    return whole


def end_of_lines(file: int, size: int) -> int:
    """Where the last whole line ends."""
    end = size
    while end:
        start = max(end - BLOCK, 0) if end != size else end - 1
        block = os.pread(file, end - start, start)
        if b"\n" in block:
            return start + block.rindex(b"\n") + 1
        end = start
    return 0
