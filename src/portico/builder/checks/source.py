"""What is read of an app's folder, once, for all checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from portico import appjson, procfile
from portico.appjson import AppJson
from portico.builder.apt import aptfile
from portico.builder.apt import wishes as apt_wishes
from portico.builder.detect import Detected, detect, form
from portico.builder.findings import Finding, of_error
from portico.builder.forms.form import Dependencies
from portico.builder.prepare import read_app_json, read_procfile
from portico.builder.python_version import wanted
from portico.errors import PorticoError
from portico.procfile import Procfile

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """An app's folder; what could not be read is None.

    `name` is the app's, `paths` are the files that a deploy sends, `uv` is the program.
    """

    folder: Path
    name: str
    paths: tuple[str, ...]
    uv: Path | None = None
    processes: Procfile | None = None
    wishes: AppJson | None = None
    detected: Detected | None = None
    needs: Dependencies | None = None

    @property
    def form(self) -> str:
        """The file that names the packages."""
        return self.detected.form if self.detected else ""


def read(
    folder: Path, name: str, paths: Sequence[str] | None = None, uv: Path | None = None
) -> tuple[Source, list[Finding]]:
    """The folder, and what is wrong with the files that have to be read."""
    found: list[Finding] = []
    processes = _asked(found, procfile.NAME, lambda: read_procfile(folder))
    wishes = _asked(found, appjson.NAME, lambda: read_app_json(folder))
    detected = _asked(found, "requirements.txt", lambda: detect(folder))
    needs = _needs(found, folder, detected)
    _asked(found, aptfile.NAME, lambda: apt_wishes.wished(folder))
    _asked(found, ".python-version", lambda: wanted(folder))
    there = tuple(_all_files(folder) if paths is None else paths)
    return Source(folder, name, there, uv, processes, wishes, detected, needs), found


def _needs(found: list[Finding], folder: Path, detected: Detected | None) -> Dependencies | None:
    if detected is None:
        return None
    name = detected.form
    return _asked(found, name, lambda: form(name).read(folder))


def _asked(found: list[Finding], file: str, question: Callable[[], T]) -> T | None:
    try:
        return question()
    except PorticoError as error:
        found += of_error(error, file)
        return None


def _all_files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    relative = (path.relative_to(folder) for path in found)
    return sorted(str(path) for path in relative if ".git" not in path.parts)
