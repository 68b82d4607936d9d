"""poetry.lock, read by poetry itself."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from portico.builder import reading
from portico.builder.forms.form import Dependencies
from portico.builder.forms.project import table
from portico.builder.forms.stale import stale
from portico.builder.uv import Uv
from portico.errors import PorticoError

NAME = "poetry.lock"
# The parts of pyproject.toml that poetry's hash is made of.
_STANDARD = ("requires-python", "dependencies", "optional-dependencies")
_OLD = ("dependencies", "source", "extras", "dev-dependencies")


def read(tree: Path) -> Dependencies:
    if not (tree / "pyproject.toml").is_file():
        raise PorticoError(
            "poetry.lock has no project beside it.",
            "The app has a poetry.lock, but no pyproject.toml.",
            "Deploy pyproject.toml as well, or remove poetry.lock.",
        )
    lock = reading.toml(tree, NAME)
    project = reading.toml(tree, "pyproject.toml")
    if table(lock, "metadata").get("content-hash") not in content_hashes(project):
        raise stale(NAME, "pyproject.toml", "poetry lock")
    packages = lock.get("package", [])
    names = frozenset(str(p.get("name")) for p in packages if isinstance(p, dict))
    return Dependencies((NAME, "pyproject.toml"), "poetry runs the project's own plug-ins", names)


def content_hashes(project: dict[str, Any]) -> tuple[str, ...]:
    """What poetry notes down of a pyproject.toml: as 2.3 and later do, and as those before did.

    See `Locker._get_content_hash` in poetry.
    """
    groups = table(project, "dependency-groups")
    return _content_hash(project, groups), _content_hash(project, {})


def _content_hash(project: dict[str, Any], groups: dict[str, Any]) -> str:
    declared, poetry = table(project, "project"), table(project, "tool", "poetry")
    standard = {key: declared[key] for key in _STANDARD if declared.get(key) is not None}
    old = {
        key: poetry.get(key)
        for key in (*_OLD, "group")
        if poetry.get(key) is not None or (key in _OLD and not standard and not groups)
    }
    content = {"project": standard} if standard else {}
    if groups:
        content["dependency-groups"] = groups
    relevant = {**content, "tool": {"poetry": old}} if content else old
    return hashlib.sha256(json.dumps(relevant, sort_keys=True, default=str).encode()).hexdigest()


def install(uv: Uv, tree: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder, "requirements.txt")
        uv.tool(
            "--from", "poetry", "--with", "poetry-plugin-export",
            "poetry", "export", "--no-interaction", "--format", "requirements.txt",
            tree=tree, into=exported,
        )  # fmt: skip
        uv.pip_install("--no-deps", "-r", str(exported), tree=tree)
