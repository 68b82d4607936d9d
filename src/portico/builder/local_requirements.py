"""Lines of requirements files that name something in the app's own folder."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from portico.builder import trees

_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=|(?<=-e))(\S+)")
_LINKS = re.compile(r"(?:-f|--find-links)(?:\s+|=|(?<=-f))(\S+)")
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?\s*@\s*(\S+)")
_ARCHIVE = re.compile(r"\.(whl|zip|tar\.gz|tar\.bz2|tar\.xz|tgz)$", re.IGNORECASE)
# Where the app lies while it is built.
_ROOT = "/app/"


@dataclass(frozen=True)
class Local:
    """A path in the app's folder, as the line means it. `links`: a folder full of packages."""

    path: str
    editable: bool = False
    links: bool = False


@dataclass(frozen=True)
class Taken:
    """What of the app decides about the installation: files, and a digest of what else."""

    files: tuple[str, ...] = ()
    shape: str = ""


def local(line: str, folder: str) -> Local | None:
    """What a line names; None for packages from elsewhere. `folder` is that of the file."""
    if "${" in line:
        return None
    if match := _EDITABLE.match(line):
        return _local(match[1], editable=True)
    if match := _LINKS.match(line):
        found = _local(match[1], links=True)
        beside = posixpath.normpath(posixpath.join(folder, match[1]))
        return Local(beside, links=True) if found and folder else found
    if line.startswith("-"):
        return None
    named = _NAMED.match(line)
    target = named[1] if named else line.split()[0]
    is_path = named or target.startswith((".", "/")) or "/" in target or _ARCHIVE.search(target)
    return _local(target) if is_path else None


def taken(tree: Path, wish: Local) -> Taken | None:
    """None when there is nothing that could be installed."""
    target = tree / wish.path
    if wish.path.startswith("../"):
        return None
    if target.is_file():
        return Taken((wish.path,))
    if wish.links and target.is_dir():
        return Taken(trees.files(tree, wish.path))
    if not is_project(target):
        return None
    configuration = trees.configuration(tree, wish.path)
    shape = trees.packages(target) if wish.editable else trees.contents(target)
    return Taken(configuration, shape)


def is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg"))


def _local(target: str, *, editable: bool = False, links: bool = False) -> Local | None:
    # Without a marker, `#egg=name` and extras.
    plain = re.sub(r"[;#].*$|\[[^\]]*\]$", "", target)
    path = re.sub(r"\[[^\]]*\]$", "", re.sub(r"^file:(//)?(?!//)", "", plain))
    if "://" in path or re.match(r"(git|hg|svn|bzr)\+", path):
        return None
    if path.startswith(_ROOT):
        path = path.removeprefix(_ROOT)
    elif path.startswith("/"):
        path = f"..{path}"
    return Local(posixpath.normpath(path), editable, links)
