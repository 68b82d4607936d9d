"""What a supervisor leaves for the next one, and for `portico server status`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from portico import __version__
from portico.errors import PorticoError
from portico.supervisor.identity import Identity, boot_id


@dataclass(frozen=True)
class Record:
    """A running child. `fingerprint` is of the files that the router was started from."""

    pid: int
    start: int
    fingerprint: str = ""

    @property
    def identity(self) -> Identity:
        return Identity(self.pid, self.start)


@dataclass(frozen=True)
class SocketRecord:
    """A listening socket of web: its descriptor's number there, and its inode."""

    descriptor: int
    inode: int


@dataclass(frozen=True)
class State:
    """`runtime/supervisor.json`. `restarts` counts `portico server restart`, `failures` how often
    a child has ended unasked since. Another version reads it too: see tests/upgrades.
    """

    data: str  # the data folder of the server that runs here
    url: str
    listen: str
    boot: str = field(default_factory=boot_id)
    version: str = __version__
    restarts: int = 0
    failures: int = 0
    ready: bool = False
    children: dict[str, Record] = field(default_factory=dict)
    sockets: dict[str, SocketRecord] = field(default_factory=dict)


def of_before(path: Path, data: Path) -> State | None:
    """What an earlier supervisor of this data folder has left; raises for another server's."""
    found = load(path)
    if found is None or found.data == str(data):
        return found
    raise PorticoError(
        "Another server has this runtime folder.",
        f"{path.parent} is used by the server on {found.data}.",
        "Start this one without PORTICO_RUNTIME or with another, or end that one: "
        f"portico server stop --data {found.data}",
    )


def load(path: Path) -> State | None:
    """The state as last written, None when there is none of this boot."""
    try:
        found = json.loads(path.read_text())
        state = State(
            data=str(found["data"]),
            url=str(found["url"]),
            listen=str(found["listen"]),
            boot=str(found["boot"]),
            version=str(found.get("version", "")),
            restarts=int(found["restarts"]),
            failures=int(found.get("failures", 0)),
            ready=bool(found["ready"]),
            children={name: _record(it) for name, it in found["children"].items()},
            sockets={name: _socket(it) for name, it in found["sockets"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return state if state.boot == boot_id() else None


def _record(found: dict[str, Any]) -> Record:
    return Record(int(found["pid"]), int(found["start"]), str(found.get("fingerprint", "")))


def _socket(found: dict[str, Any]) -> SocketRecord:
    return SocketRecord(int(found["descriptor"]), int(found["inode"]))


def save(path: Path, state: State) -> None:
    """Replace the file as a whole."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(state), indent=1) + "\n")
    os.replace(fresh, path)  # noqa: PTH105 - the same, said by its system call
