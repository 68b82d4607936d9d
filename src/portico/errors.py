"""The one error that users see: what happened, what was found, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class PorticoError(Exception):
    """A failure that explains itself.

    `title` says what happened, `detail` what was found, `hint` what to do next. It is caught at
    three places only: the CLI's main, the API's handler and the agent's task boundary.
    """

    def __init__(self, title: str, detail: str = "", hint: str = "", *, status: int = 400) -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint
        self.status = status

    def __str__(self) -> str:
        return "\n".join(part for part in (self.title, self.detail, self.hint) if part)

    def as_dict(self) -> dict[str, str]:
        """The three parts as they stand in documents and on sockets."""
        return {"title": self.title, "detail": self.detail, "hint": self.hint}


@dataclass(frozen=True)
class Remark:
    """`what` was found in `file` at `line` (None: the file as a whole); `fix` is what to write."""

    file: str
    line: int | None
    what: str
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.what}"


class Remarked(PorticoError):  # noqa: N818 - it is an error made of remarks
    """A file of the app of which some places are wrong: `remarks` has each by itself."""

    def __init__(self, title: str, detail: str, hint: str, remarks: Sequence[Remark]) -> None:
        super().__init__(title, detail, hint)
        self.remarks = tuple(remarks)
