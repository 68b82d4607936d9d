"""What `portico check` and a build have to say about an app's files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portico.errors import PorticoError
from portico.procfile import Malformed


class Severity(StrEnum):
    """An error keeps the app from being built or started, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """`what` was found in `file` at `line` (None: the file as a whole); `fix` is what to write."""

    severity: Severity
    file: str
    line: int | None
    what: str
    fix: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.what}\n{self.fix}"


def of_error(error: PorticoError, file: str) -> list[Finding]:
    """What the build would end with; for a Procfile, each of its lines that is wrong."""
    if isinstance(error, Malformed):
        lines = error.problems
        return [Finding(Severity.ERROR, file, line, what, error.hint) for line, what in lines]
    what = " ".join(part for part in (error.title, error.detail) if part)
    return [Finding(Severity.ERROR, file, None, what, error.hint)]
