"""What is wrong with a file of an app, place by place.

Not beside `PorticoError`: git's hook, which starts with each push, does without what dataclasses take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portico.errors import PorticoError


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
