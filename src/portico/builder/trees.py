"""Digests of folders of the app that an installation takes something from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from portico.builder import reading

# What a build backend reads to say what a project is and needs.
_CONFIGURATION = (
    *("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in", "Cargo.toml", "CMakeLists.txt"),
    *("requirements.txt", "requirements.in"),
)


def configuration(tree: Path, folder: str) -> tuple[str, ...]:
    """The files of a project that decide how it is installed."""
    names = (os.path.normpath(f"{folder}/{name}") for name in _CONFIGURATION)
    return tuple(name for name in names if (tree / name).is_file())


def packages(folder: Path) -> str:
    """A digest of the folders that hold Python code: an editable installation notes them down."""
    folders = [path for path, files in _walk(folder) if any(f.endswith(".py") for f in files)]
    return _digest(sorted(folders))


def contents(folder: Path) -> str:
    """A digest of all that lies in a folder, for what is copied out of it."""
    found = [
        f"{name} {reading.sha256(folder, name)}"
        for path, files in _walk(folder)
        for file in files
        if (folder / (name := os.path.normpath(f"{path}/{file}"))).is_file()
    ]
    return _digest(sorted(found))


def files(tree: Path, folder: str) -> tuple[str, ...]:
    """The files that lie in a folder itself, by their names in the tree."""
    found = (path for path in (tree / folder).iterdir() if path.is_file())
    return tuple(sorted(os.path.normpath(f"{folder}/{path.name}") for path in found))


def _walk(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for path, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]
        yield os.path.relpath(path, folder), names


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode(errors="replace")).hexdigest()
