"""Pipfile.lock, read by pipenv itself."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portico.builder import reading
from portico.builder.forms.form import Dependencies
from portico.builder.forms.project import table
from portico.builder.forms.stale import stale
from portico.builder.requirements import normalised
from portico.builder.uv import Uv
from portico.errors import PorticoError

NAME = "Pipfile.lock"
_PYPI = {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}
# Sections that are no groups of packages.
_SECTIONS = {
    *("source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv"),
    *("default", "develop"),
}


def read(tree: Path) -> Dependencies:
    if not (tree / "Pipfile").is_file():
        raise PorticoError(
            "Pipfile.lock has no Pipfile beside it.",
            "The app has a Pipfile.lock, but no Pipfile.",
            "Deploy the Pipfile as well, or remove Pipfile.lock.",
        )
    lock = _lock(tree)
    known = table(lock, "_meta", "hash").get("sha256")
    if known not in hashes(reading.toml(tree, "Pipfile")):
        raise stale(NAME, "Pipfile", "pipenv lock")
    locked = table(lock, "default")
    return Dependencies((NAME, "Pipfile"), "pipenv reads the project itself", frozenset(locked))


def hashes(pipfile: dict[str, Any]) -> tuple[str, ...]:
    """What pipenv notes down of a Pipfile: with names as they are written, and normalised.

    See `Pipfile.get_hash` in plette and `Pipfile.calculate_hash` in pipenv.
    """
    return _hash(pipfile, lambda name: name), _hash(pipfile, normalised)


def _hash(pipfile: dict[str, Any], name: Callable[[str], str]) -> str:
    content: dict[str, Any] = {
        "_meta": {
            "sources": pipfile.get("source", [_PYPI]),
            "requires": pipfile.get("requires", {}),
        }
    }
    sections = {"default": "packages", "develop": "dev-packages"}
    sections |= {key: key for key in pipfile if key not in _SECTIONS}
    for written, section in sections.items():
        content[written] = {name(key): value for key, value in table(pipfile, section).items()}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _lock(tree: Path) -> dict[str, Any]:
    try:
        lock = json.loads(reading.text(tree, NAME))
    except (ValueError, RecursionError):
        lock = None
    if isinstance(lock, dict):
        return lock
    raise PorticoError(
        "Pipfile.lock cannot be understood.",
        "It is not a JSON object.",
        "Make it anew with `pipenv lock`.",
    )


def install(uv: Uv, tree: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder, "requirements.txt")
        uv.tool("pipenv", "requirements", "--hash", tree=tree, into=exported)
        uv.pip_install("--no-deps", "-r", str(exported), tree=tree)
