"""The debian stack of a run: made once, by the first server that needs one, lent to the others."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portico.layout import Layout


@contextmanager
def lent(stacks: Path, layout: Layout) -> Iterator[None]:
    """Around what needs a stack of this server's: the first one makes it, others wait for that.

    Nobody writes to a stack, so links do.
    """
    with _alone(stacks):
        if not stacks.is_dir():
            yield
            whole = stacks.with_suffix(".new")
            subprocess.run(["cp", "-al", str(layout.stacks), str(whole)], check=True)
            whole.rename(stacks)
            return
        made = stacks.glob("debian+*")
        subprocess.run(["cp", "-al", *map(str, made), str(layout.stacks)], check=True)
    yield


@contextmanager
def _alone(stacks: Path) -> Iterator[None]:
    """Of the processes that run tests, only one: they share the folder."""
    with stacks.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def copy(stacks: Path, layout: Layout, owner: int) -> None:
    """Give a server of another user's a stack of its own, with all files that user's."""
    layout.data.mkdir(mode=0o700)
    subprocess.run(["cp", "-a", str(stacks), str(layout.stacks)], check=True)
    subprocess.run(["chown", "-R", f"{owner}:{owner}", str(layout.data)], check=True)
