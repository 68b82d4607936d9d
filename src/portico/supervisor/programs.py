"""What the supervisor starts: the three processes as argument lists. Decides, starts nothing."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portico.layout import Layout

PYTHON = (sys.executable, "-I", "-u", "-m")


@dataclass(frozen=True)
class Program:
    """One process to start, with the descriptors it inherits under their own numbers."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(hash=False)
    descriptors: tuple[int, ...] = ()


@dataclass(frozen=True)
class Commands:
    """How web and agent are started. `end` ends the apps that an agent has left running;
    `supervisor` is what a supervisor becomes when it restarts."""

    supervisor: tuple[str, ...] = (sys.executable, "-I", "-m", "portico.supervisor")
    web: tuple[str, ...] = (*PYTHON, "portico.control", "serve")
    agent: tuple[str, ...] = (*PYTHON, "portico.agent")
    end: tuple[str, ...] = (*PYTHON, "portico.agent", "--end")


def as_user(uid: int | None, argv: tuple[str, ...], *, low_ports: bool = False) -> tuple[str, ...]:
    """The same command as a numeric user without groups, capabilities or a way to regain them."""
    if uid is None:
        return argv
    capabilities = "-all,+net_bind_service" if low_ports else "-all"
    return (
        "setpriv",
        f"--reuid={uid}",
        f"--regid={uid}",
        "--clear-groups",
        "--no-new-privs",
        f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}",
        "--",
        *argv,
    )


@dataclass(frozen=True)
class RouterFiles:
    """The files that the agent writes for the router's start, `command` last."""

    command: Path
    bootstrap: Path

    @classmethod
    def of(cls, layout: Layout) -> RouterFiles:
        return cls(layout.router / "command.json", layout.router / "bootstrap.json")

    def argv(self) -> tuple[str, ...] | None:
        """The router's command, None until the agent has written it."""
        try:
            return tuple(json.loads(self.command.read_text()))
        except (OSError, ValueError):
            return None

    def fingerprint(self) -> str:
        """Differs when a running router would have to be started again.

        The program counts by what it is, not by where it lies: each version of Portico brings its own.
        """
        digest = hashlib.sha256()
        if argv := self.argv():
            digest.update(json.dumps([_content(argv[0]), *argv[1:]]).encode())
        digest.update(self.bootstrap.read_bytes() if self.bootstrap.exists() else b"")
        return digest.hexdigest()

    def written_at(self) -> int:
        """Changes each time the agent writes the command, also with the same content."""
        try:
            return self.command.stat().st_mtime_ns
        except OSError:
            return 0


def _content(program: str) -> str:
    """A digest of the file, or its name when it cannot be read."""
    try:
        found = Path(program).stat()
    except OSError:
        return program
    return _digest(program, found.st_ino, found.st_size, found.st_mtime_ns)


@functools.cache  # a router that has died is not to wait for that
def _digest(program: str, *_changes: int) -> str:
    with Path(program).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
