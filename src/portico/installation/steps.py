"""What can be done to a machine, one thing each, as data. `perform` does it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MakeFolder:
    path: Path
    mode: int = 0o755

    def __str__(self) -> str:
        return f"Make the folder {self.path}"


@dataclass(frozen=True)
class WriteFile:
    path: Path
    text: str
    mode: int = 0o644

    def __str__(self) -> str:
        return f"Write {self.path}"


@dataclass(frozen=True)
class Link:
    """In place of an older one at once."""

    path: Path
    target: Path

    def __str__(self) -> str:
        return f"Link {self.path} to {self.target}"


@dataclass(frozen=True)
class MakeVersion:
    """A Python environment with one version of Portico, made with that interpreter."""

    folder: Path
    python: Path
    requirement: str
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"Install {self.requirement} into {self.folder}"


@dataclass(frozen=True)
class Rehearse:
    """Another version on a copy of the database; what it finds of now is kept in `notes`."""

    folder: Path
    data: Path
    notes: Path

    def __str__(self) -> str:
        return f"Try {self.folder.name} on a copy of the database"


@dataclass(frozen=True)
class TakeBack:
    """What migrations of that version have changed since its rehearsal."""

    folder: Path
    data: Path
    notes: Path

    def __str__(self) -> str:
        return f"Undo what {self.folder.name} has changed in the database"


@dataclass(frozen=True)
class Restart:
    """Of a running server, which goes on as the current version. No app stops."""

    data: Path
    version: str

    def __str__(self) -> str:
        return f"Restart the server as {self.version}"


@dataclass(frozen=True)
class Run:
    argv: tuple[str, ...]

    def __str__(self) -> str:
        return f"Run {shlex.join(self.argv)}"


@dataclass(frozen=True)
class AwaitReady:
    """Until the server on that data answers."""

    data: Path

    def __str__(self) -> str:
        return "Wait until the server is ready"


@dataclass(frozen=True)
class Stop:
    """The server on that data with its apps, however it was started."""

    data: Path

    def __str__(self) -> str:
        return f"Stop the server on {self.data}, its apps first"


@dataclass(frozen=True)
class RestoreSettings:
    """Of the machine; the file says what they were."""

    file: Path
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"Put back {', '.join(self.names)}"


@dataclass(frozen=True)
class Remove:
    """A file, a link, or a folder with all that is in it; what lies behind links stays."""

    path: Path

    def __str__(self) -> str:
        return f"Remove {self.path}"


@dataclass(frozen=True)
class RemoveEmpty:
    """A folder, unless somebody else has put something into it."""

    path: Path

    def __str__(self) -> str:
        return f"Remove the folder {self.path} if it is empty"


@dataclass(frozen=True)
class Tell:
    """Something to know; nothing is done."""

    text: str

    def __str__(self) -> str:
        return self.text


Step = (
    MakeFolder
    | WriteFile
    | Link
    | MakeVersion
    | Rehearse
    | TakeBack
    | Restart
    | Run
    | AwaitReady
    | Stop
    | RestoreSettings
    | Remove
    | RemoveEmpty
    | Tell
)
