"""The named pipe of a process: its stdout and stderr."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

# Without root, a user's pipes share 64 MiB; beyond that new ones get a page or two.
PIPE_BYTES = 256 << 10


def make_output(path: Path, owner: int | None) -> int:
    """The named pipe of a process, opened for both ends: without a reader it gets no SIGPIPE.

    It belongs to the process's user, who could not open /dev/stdout otherwise.
    """
    os.mkfifo(path, 0o600)
    if owner is not None:
        os.chown(path, owner, owner, follow_symlinks=False)
    pipe = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    with contextlib.suppress(PermissionError):  # over the user's share: a small pipe works too
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return pipe


def open_output(path: Path) -> int:
    """The reading end of that pipe."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
