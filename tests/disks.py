"""A small disk of a test's own, and how it is filled."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Takes root."""
    with tempfile.TemporaryDirectory(prefix="portico-") as folder:
        options = f"size={megabytes}m,mode=755"
        subprocess.run(("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder), check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(("umount", folder), check=True)


@contextlib.contextmanager
def filled(disk: Path, but: int = 0) -> Iterator[None]:
    """The disk has room for so many bytes and no more."""
    ballast = disk / "ballast"
    descriptor = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    try:
        _fill(disk, descriptor, but)
        yield
    finally:
        os.close(descriptor)
        ballast.unlink()


def _fill(disk: Path, descriptor: int, but: int) -> None:
    for _ in range(200):
        room = os.statvfs(disk)
        try:
            os.posix_fallocate(descriptor, 0, room.f_bavail * room.f_frsize - but)
        except OSError:  # the server has taken some of the room that was seen
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"{disk} could not be filled")
