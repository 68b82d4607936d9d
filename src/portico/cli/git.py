"""Asks git about the author's folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# A folder may belong to another user than root who deploys it; its own configuration must not
# start programs meanwhile.
GIT = ("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false")


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run git there to its end. Raises OSError where there is no git."""
    # GIT_DIR and its like, set in a hook, would speak of another repository.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return subprocess.run(
        [*GIT, *words],
        cwd=folder,
        env={**environment, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def said(folder: Path, *words: str) -> str | None:
    """The line that git answers, None when it has none, fails or is not there."""
    try:
        done = git(folder, *words)
    except OSError:
        return None
    return os.fsdecode(done.stdout).strip() or None if done.returncode == 0 else None


def did(folder: Path, *words: str) -> bool:
    """Whether git has done it."""
    try:
        return git(folder, *words).returncode == 0
    except OSError:
        return False
