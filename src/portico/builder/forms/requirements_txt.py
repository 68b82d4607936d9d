"""requirements.txt, with the files that it includes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portico.builder import reading, requirements
from portico.builder.forms import project
from portico.builder.forms.form import Dependencies
from portico.builder.uv import Uv

NAME = "requirements.txt"


def read(tree: Path) -> Dependencies:
    found = requirements.read(tree, NAME)
    files, private = _private_settings(tree)
    return Dependencies((*found.files, *files), found.private or private, found.names, found.shape)


def install(uv: Uv, tree: Path) -> None:
    _, settings = _installer_settings(tree)
    if requirements.read(tree, NAME).own_index or project.names_index(settings):
        uv = uv.of_own_index()
    uv.pip_install("-r", NAME, tree=tree)


def _private_settings(tree: Path) -> tuple[tuple[str, ...], str]:
    file, settings = _installer_settings(tree)
    if not settings:
        return (), ""
    place = "uv.toml" if file == "uv.toml" else f"[tool.uv] in {file}"
    return (file,), f"{place} steers the installer"


def _installer_settings(tree: Path) -> tuple[str, dict[str, Any]]:
    """The file in which the app steers uv itself, to an index of its own for example."""
    if (tree / "uv.toml").is_file():
        return "uv.toml", reading.toml(tree, "uv.toml") or {"": ""}
    if (tree / project.NAME).is_file():
        return project.NAME, project.table(project.read(tree), "tool", "uv")
    return "", {}
