"""Pipfile.lock, read by pipenv itself."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from portico.builder import reading
from portico.builder.forms.form import Dependencies
from portico.builder.uv import Uv
from portico.errors import PorticoError

NAME = "Pipfile.lock"


def read(tree: Path) -> Dependencies:
    if not (tree / "Pipfile").is_file():
        raise PorticoError(
            "Pipfile.lock has no Pipfile beside it.",
            "The app has a Pipfile.lock, but no Pipfile.",
            "Deploy the Pipfile as well, or remove Pipfile.lock.",
        )
    try:
        locked = json.loads(reading.text(tree, NAME)).get("default", {})
    except (json.JSONDecodeError, AttributeError, RecursionError):
        raise PorticoError(
            "Pipfile.lock cannot be understood.",
            "It is not a JSON object.",
            "Make it anew with `pipenv lock`.",
        ) from None
    return Dependencies((NAME, "Pipfile"), "pipenv reads the project itself", frozenset(locked))


def install(uv: Uv, tree: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder, "requirements.txt")
        uv.tool("pipenv", "requirements", "--hash", tree=tree, into=exported)
        uv.pip_install("--no-deps", "-r", str(exported), tree=tree)
