"""requirements.txt, with the files that it includes."""

from __future__ import annotations

from pathlib import Path

from portico.builder import reading, requirements
from portico.builder.forms.form import Dependencies
from portico.builder.uv import Uv

NAME = "requirements.txt"


def read(tree: Path) -> Dependencies:
    found = requirements.read(tree, NAME)
    files, private = _installer_settings(tree)
    return Dependencies((*found.files, *files), found.private or private, found.names, found.shape)


def install(uv: Uv, tree: Path) -> None:
    uv.pip_install("-r", NAME, tree=tree)


def _installer_settings(tree: Path) -> tuple[tuple[str, ...], str]:
    """Files in which the app steers uv itself, to a package index of its own for example."""
    if (tree / "uv.toml").is_file():
        return ("uv.toml",), "uv.toml steers the installer"
    if (tree / "pyproject.toml").is_file():
        tool = reading.toml(tree, "pyproject.toml").get("tool")
        if isinstance(tool, dict) and "uv" in tool:
            return ("pyproject.toml",), "[tool.uv] in pyproject.toml steers the installer"
    return (), ""
