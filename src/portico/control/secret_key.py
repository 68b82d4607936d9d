"""The key that web signs with: made once, readable by web alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key(folder: Path) -> str:
    """The key kept in `folder`; one for this process alone while there is none."""
    try:
        return (folder / "secret-key").read_text()
    except OSError:
        return secrets.token_urlsafe(48)


def make_secret_key(folder: Path) -> None:
    """Keep a key in `folder` unless there is one; two processes at once agree on the first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        file = os.open(folder / "secret-key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(file, "w") as key:
        key.write(secrets.token_urlsafe(48))
