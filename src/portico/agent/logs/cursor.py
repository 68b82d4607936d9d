"""Reading a log: its last lines, then what comes, over any number of rotations."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from portico.agent.logs.files import BLOCK, end_of_lines

AT_ONCE = 1 << 20


class Cursor:
    """A place in a log and its rotated files. It holds a file open, so rotation loses nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._offset = 0

    def last(self, count: int) -> list[bytes]:
        """The last lines, the oldest first. The cursor then stands behind them."""
        lines: list[bytes] = []
        seen: set[int] = set()
        for path in reversed(files_of(self._path)):
            file = _opened(path)
            if file is None:
                continue
            inode, end = os.fstat(file).st_ino, end_of_lines(file, os.fstat(file).st_size)
            if inode not in seen:  # renamed while this was reading
                lines = last_lines(file, end, count - len(lines)) + lines
            seen.add(inode)
            self._stand(file, end)
            if len(lines) >= count:
                break
        return lines

    def _stand(self, file: int, end: int) -> None:
        if self._file is None:
            self._file, self._offset = file, end
        else:
            os.close(file)

    def more(self) -> list[bytes]:
        """Lines written since, a bounded number at once: ask until there are none."""
        while True:
            lines = self._read()
            if lines or not self._go_on():
                return lines

    def _read(self) -> list[bytes]:
        if self._file is None:
            return []
        data = os.pread(self._file, AT_ONCE, self._offset)
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.split(b"\n")[:-1]

    def _go_on(self) -> bool:
        """To the file after this one, when this one has been rotated away."""
        following = self._following()
        file = _opened(following) if following else None
        if file is None:
            return False
        self.close()
        self._file, self._offset = file, 0
        return True

    def _following(self) -> Path | None:
        files = files_of(self._path)
        if self._file is None:
            return files[0] if files else None
        here = os.fstat(self._file).st_ino
        places = [place for place, path in enumerate(files) if _inode(path) == here]
        if places:
            return files[places[0] + 1] if places[0] + 1 < len(files) else None
        return files[0] if files else None  # gone altogether: the oldest there is

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def files_of(path: Path) -> list[Path]:
    """A log's files that are there, the oldest first."""
    numbered = [
        (int(number), found)
        for found in path.parent.glob(f"{path.name}.*")
        if (number := found.name.rpartition(".")[2]).isdigit()
    ]
    older = [found for _, found in sorted(numbered, reverse=True)]
    return [*older, path] if path.exists() else older


def last_lines(file: int, end: int, count: int) -> list[bytes]:
    """At most so many lines before `end`, a line's end."""
    data, start = b"", end
    while start and data.count(b"\n") <= count:
        begin = max(start - BLOCK, 0)
        data, start = os.pread(file, start - begin, begin) + data, begin
    return data.split(b"\n")[:-1][-count:] if count > 0 else []


def _opened(path: Path) -> int | None:
    with suppress(FileNotFoundError):
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return None


def _inode(path: Path) -> int | None:
    with suppress(FileNotFoundError):
        return path.stat().st_ino
    return None
