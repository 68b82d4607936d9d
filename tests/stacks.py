"""The debian stack of a session: made once, by the first server that needs one, lent to the others."""

from __future__ import annotations

import subprocess
from pathlib import Path

from portico.layout import Layout


def lend(stacks: Path, layout: Layout) -> None:
    """Give a server that is not started yet what is there: nobody writes to a stack, so links do."""
    layout.data.mkdir(mode=0o711, parents=True, exist_ok=True)
    if stacks.is_dir():
        subprocess.run(["cp", "-al", str(stacks), str(layout.stacks)], check=True)


def keep(stacks: Path, layout: Layout) -> None:
    """Take what a server has made, before it goes."""
    if not stacks.is_dir() and any(layout.stacks.glob("debian+*")):
        subprocess.run(["cp", "-al", str(layout.stacks), str(stacks)], check=True)


def copy(stacks: Path, layout: Layout, owner: int) -> None:
    """Give a server of another user's a stack of its own, with all files that user's."""
    layout.data.mkdir(mode=0o700)
    subprocess.run(["cp", "-a", str(stacks), str(layout.stacks)], check=True)
    subprocess.run(["chown", "-R", f"{owner}:{owner}", str(layout.data)], check=True)
