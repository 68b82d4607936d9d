"""What web, agent and router print: a file each, bounded."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

LARGEST = 10 << 20


def open_log(path: Path) -> int:
    """A descriptor to append to; the file is for the server's user alone."""
    rotate(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def rotate(path: Path, largest: int = LARGEST) -> None:
    """Keep the last full file as `<name>.log.1`.

    Copied and emptied, not renamed: the process that writes goes on with its descriptor. Lines
    written between the two steps are lost. Where the disk has no room for the copy, the log grows
    on: it must not end the server.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size > largest:
            shutil.copyfile(path, path.with_name(path.name + ".1"))
            os.truncate(path, 0)
