"""Looks at unpacked conda packages before they are linked: scripts, and paths that lead out.

The sandbox holds what escapes. This is so that a package that would is named.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portico.errors import PorticoError

# Names of the build's own in an environment.
_RESERVED = ".portico-"


@dataclass(frozen=True)
class Package:
    """An unpacked package; `site_packages` is what its channel says of that folder, if anything."""

    name: str
    version: str
    build_number: str
    folder: Path
    site_packages: str = ""

    @property
    def script(self) -> str:
        """The script that it wants run when it is linked, '' if none."""
        name = f"bin/.{self.name}-post-link.sh"
        return name if (self.folder / name).exists() else ""


def check(package: Package) -> None:
    """Raises PorticoError when a part of it would come to lie outside of its environment."""
    for path in _paths(package):
        normal = posixpath.normpath(path)
        outside = posixpath.isabs(path) or normal.split("/")[0] == ".."
        if outside or normal.startswith(_RESERVED) or "\0" in path:
            raise PorticoError(
                f"The conda package {package.name} {package.version} was refused.",
                f"Its file {path[:200]!r} would lie outside of the environment, or in place of "
                "what is Portico's own.",
                "Take another version or another channel, and tell those who keep this one.",
            )


def _paths(package: Package) -> Iterator[str]:
    info = package.folder / "info"
    listed = _json(info / "paths.json").get("paths")
    if isinstance(listed, list):
        yield from (str(entry.get("_path")) for entry in listed if isinstance(entry, dict))
    elif (info / "files").is_file():
        yield from (info / "files").read_text(errors="replace").splitlines()
    yield from _entry_points(_json(info / "link.json"))
    if package.site_packages:
        yield package.site_packages


def _entry_points(link: dict[str, Any]) -> Iterator[str]:
    """Each becomes a program in bin/."""
    noarch = link.get("noarch")
    listed = noarch.get("entry_points") if isinstance(noarch, dict) else None
    for entry in listed if isinstance(listed, list) else []:
        yield posixpath.join("bin", str(entry).partition("=")[0].strip())


def _json(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
