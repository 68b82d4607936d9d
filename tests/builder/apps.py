"""The fixture apps of tests/apps, and builders' steps on them without a sandbox."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from portico.builder.order import Manifest, Places, PrepareOrder
from portico.builder.prepare import manifest
from tests.agent.building.unsandboxed import places

APPS = Path(__file__).parent.parent / "apps"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def copied(name: str, into: Path) -> Path:
    """A copy of a fixture app, to be changed by the test."""
    return Path(shutil.copytree(APPS / name, into / "app"))


def write(tree: Path, files: dict[str, str]) -> Path:
    """A tree of these files."""
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tree


def places_of(tree: Path, folder: Path) -> Places:
    """Places of a build of that tree, everything else below a folder of the test."""
    for name in ("py", "out"):
        (folder / name).mkdir(exist_ok=True)
    return places(tree, folder / "py", folder / "out")


def manifest_of(tree: Path, folder: Path, **order: object) -> Manifest:
    asked = PrepareOrder(stack="test", uv="0", places=places_of(tree, folder))
    return manifest(tree, dataclasses.replace(asked, **order))  # type: ignore[arg-type]
