"""Source archives on disk: `<sources>/<sha256>`, written beside and renamed into place.

A file and the database row that needs it cannot change in one step, so whoever does both holds
`LOCK`; web is one process.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable
from pathlib import Path

from portico.control import instance

LOCK = threading.RLock()


def path_of(sha256: str) -> Path:
    return instance.layout().sources / sha256


def incoming() -> Path:
    """Where archives lie while they are received or made; swept when web starts."""
    folder = instance.layout().sources / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def collect(hashes: Iterable[str]) -> None:
    """Remove those archives that no kept build needs."""
    from portico.control.models.source import Source

    with LOCK:
        for sha256 in hashes:
            if not Source.needed(sha256):
                path_of(sha256).unlink(missing_ok=True)


def sweep() -> None:
    """Remove what a web process that was killed has left behind."""
    from portico.control.models.source import Source

    # A push whose web was killed may be tidying up here at this very moment.
    shutil.rmtree(incoming(), ignore_errors=True)
    incoming()
    there = {file.name for file in instance.layout().sources.iterdir() if file.is_file()}
    collect(there - Source.all_needed())
