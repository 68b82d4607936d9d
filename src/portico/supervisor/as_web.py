"""Commands of the control plane beside a server: as web's user and with web's settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from portico.layout import Layout, users
from portico.supervisor import status
from portico.supervisor.environment import clean
from portico.supervisor.programs import as_user


def command(*words: str, python: str = sys.executable) -> tuple[str, ...]:
    """Its argument list; `python` may be another version's."""
    return as_user(users().web, (python, "-I", "-u", "-m", "portico.control", *words))


def environment(layout: Layout) -> Mapping[str, str]:
    """Of the running web, which may know another DATABASE_URL than this shell."""
    for process in status.read(layout).processes:
        if process.name == "web" and process.pid is not None:
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                return _environment_of(process.pid)
    named = {"PORTICO_DATA": str(layout.data), "HOME": str(layout.web)}
    return clean(os.environ) | named


def _environment_of(pid: int) -> Mapping[str, str]:
    text = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="surrogateescape")
    found = dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
    return {key: value for key, value in found.items() if key != "PORTICO_CHILD"}
