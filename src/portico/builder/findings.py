"""What `portico check` and a build have to say about an app's files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portico.errors import PorticoError
from portico.remarks import Remark, Remarked


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

    @property
    def said(self) -> str:
        """In one line, as a build warns of it."""
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.what} {self.fix}".strip()

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.what}\n{self.fix}"


class Located(PorticoError):  # noqa: N818 - named as its sentence is
    """What is wrong with one line of a file of the app."""

    def __init__(self, file: str, line: int | None, title: str, detail: str, hint: str) -> None:
        super().__init__(title, detail, hint)
        self.file = file
        self.line = line


class Several(PorticoError):  # noqa: N818 - likewise
    """Some errors told as one."""

    def __init__(self, errors: Sequence[PorticoError]) -> None:
        super().__init__(
            f"{len(errors)} things keep this app from being built.",
            "\n".join(f"{n}. {_joined(e.title, e.detail)}" for n, e in enumerate(errors, 1)),
            "\n".join(f"{n}. {e.hint}" for n, e in enumerate(errors, 1)),
        )
        self.errors = tuple(errors)


def of_remark(remark: Remark, severity: Severity) -> Finding:
    return Finding(severity, remark.file, remark.line, remark.what, remark.fix)


def of_error(error: PorticoError, file: str) -> list[Finding]:
    """What the build would end with, each line that is wrong by itself."""
    if isinstance(error, Several):
        return [finding for each in error.errors for finding in of_error(each, file)]
    if isinstance(error, Remarked):
        return [of_remark(remark, Severity.ERROR) for remark in error.remarks]
    what = _joined(error.title, error.detail)
    if isinstance(error, Located):
        return [Finding(Severity.ERROR, error.file, error.line, what, error.hint)]
    return [Finding(Severity.ERROR, file, None, what, error.hint)]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
