"""What of an installation is on this machine, and what is in its way. Reads, changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from portico import __version__
from portico.errors import PorticoError
from portico.installation import record
from portico.installation.places import Places, complete
from portico.installation.source import extras_in
from portico.layout import Layout
from portico.supervisor import access, lock, status
from portico.supervisor.address import Address, require_free
from portico.supervisor.options import resolve
from portico.sysctls import remembered

BOOTED_BY_SYSTEMD = Path("/run/systemd/system")
OLDEST_SYSTEMD = 240
COMMANDS = ("git",)


class Found(StrEnum):
    NOTHING = "nothing"  # or an empty folder
    OURS = "ours"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Facts:
    """`systemd` is its version, None where something else runs the machine."""

    root: bool = True
    systemd: int | None = None
    version: str = __version__  # of the program that asks
    python: Path = Path("/usr/bin/python3")  # what versions are made with
    closed: str = ""  # why others cannot use that
    extras: tuple[str, ...] = ()  # that the program or the current version has
    lacking: tuple[str, ...] = ()
    missing: frozenset[Path] = frozenset()  # folders
    prefix: Found = Found.NOTHING
    record: record.Record | None = None
    versions: frozenset[str] = frozenset()
    current: str | None = None
    command: Path | None = None  # what the link leads to; the path itself when it is no link
    texts: Mapping[Path, str] = field(default_factory=dict)  # of the files that there are
    data: Found = Found.NOTHING
    listen: str = ""  # as the settings of now say
    url: str = ""
    runs: int | None = None  # the server's supervisor
    running: str = ""  # its version
    enabled: bool = False
    active: bool = False
    in_the_way: PorticoError | None = None  # of the address to listen on
    settings: tuple[str, ...] = ()  # of the machine that a server has changed


def look(places: Places, data: Path, listen: str | None = None) -> Facts:
    """At the machine, for an installation there with that data. Raises PorticoError."""
    options = resolve(data, listen, None)
    holder = lock.holder(Layout(data).lock)
    systemd = _systemd()
    return Facts(
        root=os.geteuid() == 0,
        systemd=systemd,
        python=interpreter(),
        closed=_closed(interpreter()),
        extras=tuple(sorted(extras_in(Path(sys.prefix)) | extras_in(places.current))),
        lacking=tuple(name for name in COMMANDS if shutil.which(name) is None),
        missing=frozenset(_missing(places, data)),
        prefix=_prefix(places),
        record=record.of_text(_text(places.record) or ""),
        versions=frozenset(_versions(places)),
        current=_current(places),
        command=_command(places.command),
        texts=dict(_texts(places, data)),
        data=_data(data),
        listen=options.listen.listen,
        url=options.url,
        runs=holder.pid if holder else None,
        running=status.read(Layout(data)).version if holder else "",
        enabled=systemd is not None and _asks_systemd("is-enabled", places),
        active=systemd is not None and _asks_systemd("is-active", places),
        in_the_way=None if holder else _in_the_way(options.listen),
        settings=tuple(remembered(Layout(data).changed_sysctls)),
    )


def interpreter() -> Path:
    """The Python that this program's environment was made with."""
    return Path(getattr(sys, "_base_executable", "") or sys.executable)


def _systemd() -> int | None:
    if not BOOTED_BY_SYSTEMD.is_dir():
        return None
    done = subprocess.run(("systemctl", "--version"), capture_output=True, text=True, check=False)
    found = re.match(r"systemd (\d+)", done.stdout)
    return int(found[1]) if found else None


def _asks_systemd(question: str, places: Places) -> bool:
    argv = ("systemctl", "--quiet", question, places.unit.name)
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def _closed(python: Path) -> str:
    try:
        access.require_readable_code((python, python.resolve()))
    except PorticoError as error:
        return error.detail
    return ""


def _missing(places: Places, data: Path) -> Iterator[Path]:
    wanted = [places.versions, places.command.parent, places.unit.parent]
    wanted += [places.environment.parent, data]
    for path in wanted:
        yield from (folder for folder in (path, *path.parents) if not folder.exists())


def _prefix(places: Places) -> Found:
    if places.record.exists():
        return Found.OURS if record.of_text(_text(places.record) or "") else Found.FOREIGN
    return Found.FOREIGN if _holds_something(places.prefix) else Found.NOTHING


def _versions(places: Places) -> Iterator[str]:
    if places.versions.is_dir():
        yield from (path.name for path in places.versions.iterdir() if complete(path).exists())


def _current(places: Places) -> str | None:
    try:
        return places.current.readlink().name
    except OSError:
        return None


def _command(path: Path) -> Path | None:
    try:
        return path.readlink()
    except FileNotFoundError:
        return None
    except OSError:
        return path


def _texts(places: Places, data: Path) -> Iterator[tuple[Path, str]]:
    for path in (places.record, places.unit, places.environment, data / "portico.toml"):
        if (text := _text(path)) is not None:
            yield path, text


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _data(data: Path) -> Found:
    if not _holds_something(data):
        return Found.NOTHING
    known = (Layout(data).lock, data / "portico.toml")
    return Found.OURS if any(path.exists() for path in known) else Found.FOREIGN


def _holds_something(path: Path) -> bool:
    if path.is_dir():
        return any(path.iterdir())
    return path.exists() or path.is_symlink()


def _in_the_way(address: Address) -> PorticoError | None:
    try:
        require_free(address)
    except PorticoError as error:
        return error
    return None
