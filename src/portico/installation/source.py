"""Where a version of Portico comes from: uv's arguments for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from portico.errors import PorticoError


@dataclass(frozen=True)
class Source:
    """`where`: a wheel, a folder of wheels, an index, or nothing for the index that uv knows."""

    where: str = ""

    @property
    def wheel(self) -> Path | None:
        return Path(self.where).resolve() if self.where.endswith(".whl") else None

    def options(self) -> tuple[str, ...]:
        """What tells uv where to look."""
        if not self.where or self.wheel:
            return ()
        if self.where.startswith(("https://", "http://")):
            return ("--default-index", self.where)
        return ("--find-links", str(Path(self.where).resolve()))

    def requirement(self, version: str | None) -> str:
        if self.wheel:
            return str(self.wheel)
        return f"portico=={version}" if version else "portico"


def wheel_version(wheel: Path) -> str:
    """Which version of Portico a file is, by its name."""
    parts = wheel.name.split("-")
    if len(parts) >= 5 and parts[0] == "portico":
        return parts[1]
    raise PorticoError(
        "This is not a wheel of Portico.",
        f"{wheel.name} is not named like one: portico-VERSION-py3-none-any.whl.",
        "Give the file as it was published, or the folder that it lies in.",
    )
