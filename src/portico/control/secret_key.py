"""The key that web signs with: made once, readable by web alone."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def secret_key(folder: Path) -> str:
    """The key kept in `folder`; one for this process alone while there is none."""
    try:
        return (folder / "secret-key").read_text()
    except OSError:
        return secrets.token_urlsafe(48)


def make_secret_key(folder: Path) -> None:
    """Keep a key in `folder` unless there is one; two processes at once agree on the first.

    It appears with its content: an empty one, after a kill or on a full disk, would stay for good.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / "secret-key").exists():
        return
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix="secret-key-") as key:
        key.write(secrets.token_urlsafe(48))
        key.flush()
        with suppress(FileExistsError):
            os.link(key.name, folder / "secret-key")
