"""Where an installation lies on the machine. Names only."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

PREFIX = Path("/opt/portico")


@dataclass(frozen=True)
class Places:
    """<prefix>/versions/0.1.0/   a Python environment with that version
    <prefix>/current              a link to the one that the server starts with
    <prefix>/installation.json    see `record`
    <prefix>/upgrade.json         the last migrations of the version before the current one
    """

    prefix: Path = PREFIX
    command: Path = Path("/usr/local/bin/portico")
    unit: Path = Path("/etc/systemd/system/portico.service")
    environment: Path = Path("/etc/portico/environment")

    @property
    def versions(self) -> Path:
        return self.prefix / "versions"

    @property
    def current(self) -> Path:
        return self.prefix / "current"

    @property
    def record(self) -> Path:
        return self.prefix / "installation.json"

    @property
    def notes(self) -> Path:
        return self.prefix / "upgrade.json"

    @property
    def program(self) -> Path:
        """The command of whatever version is the current one."""
        return self.current / "bin" / "portico"

    def version(self, name: str) -> Path:
        return self.versions / name


def complete(version: Path) -> Path:
    """The mark of a version that was installed to the end."""
    return version / "complete"


def own_prefix(environment: Path = Path(sys.prefix)) -> Path:
    """Of the installation that this very program belongs to, else where one is made."""
    prefix = environment.parent.parent
    belongs = environment.parent.name == "versions" and (prefix / "installation.json").exists()
    return prefix if belongs else PREFIX
