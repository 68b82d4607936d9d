"""The git remote `portico` of the repository one stands in."""

from __future__ import annotations

from pathlib import Path

from portico.cli.git import did
from portico.cli.target import REMOTE, remote_of


def add(url: str) -> bool:
    """Add it; False outside a repository or when there is one already."""
    here = Path.cwd()
    in_repository = bool(url) and did(here, "rev-parse", "--git-dir")
    return in_repository and did(here, "remote", "add", REMOTE, url)


def move(app: str, url: str) -> bool:
    """Let it follow a renamed app; False when it is another app's, or not there."""
    found = remote_of(Path.cwd())
    if found is None or found.app != app:
        return False
    return bool(url) and did(Path.cwd(), "remote", "set-url", REMOTE, url)
