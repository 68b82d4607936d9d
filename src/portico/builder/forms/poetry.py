"""poetry.lock, read by poetry itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

from portico.builder import reading
from portico.builder.forms.form import Dependencies
from portico.builder.uv import Uv
from portico.errors import PorticoError

NAME = "poetry.lock"


def read(tree: Path) -> Dependencies:
    if not (tree / "pyproject.toml").is_file():
        raise PorticoError(
            "poetry.lock has no project beside it.",
            "The app has a poetry.lock, but no pyproject.toml.",
            "Deploy pyproject.toml as well, or remove poetry.lock.",
        )
    packages = reading.toml(tree, NAME).get("package", [])
    names = frozenset(str(p.get("name")) for p in packages if isinstance(p, dict))
    return Dependencies((NAME, "pyproject.toml"), "poetry runs the project's own plug-ins", names)


def install(uv: Uv, tree: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder, "requirements.txt")
        uv.tool(
            "--from", "poetry", "--with", "poetry-plugin-export",
            "poetry", "export", "--no-interaction", "--format", "requirements.txt",
            tree=tree, into=exported,
        )  # fmt: skip
        uv.pip_install("--no-deps", "-r", str(exported), tree=tree)
