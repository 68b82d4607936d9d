"""The git remote `portico` of the repository one stands in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from portico.cli.target import REMOTE, remote_of


def add(url: str) -> bool:
    """Add it; False outside a repository or when there is one already."""
    return bool(url) and _git("rev-parse", "--git-dir") and _git("remote", "add", REMOTE, url)


def move(app: str, url: str) -> bool:
    """Let it follow a renamed app; False when it is another app's, or not there."""
    found = remote_of(Path.cwd())
    if found is None or found.app != app:
        return False
    return bool(url) and _git("remote", "set-url", REMOTE, url)


def _git(*words: str) -> bool:
    try:
        return subprocess.run(["git", *words], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
