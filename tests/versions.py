"""Wheels of this tree under other version numbers, and changed as later versions might be."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from uv import find_uv_bin

from portico import __version__

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("src", "examples/django-polls", "pyproject.toml", "README.md", "LICENSE")


def wheel(folder: Path, version: str, change: Callable[[Path], None] = lambda _: None) -> Path:
    """Built in a copy of the tree; `change` gets the package's folder there."""
    tree = folder / f"tree-{version}"
    for part in PARTS:
        source, target = ROOT / part, tree / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name in ("pyproject.toml", "src/portico/__init__.py"):
        text = (tree / name).read_text()
        (tree / name).write_text(
            text.replace(f'version = "{__version__}"', f'version = "{version}"')
        )
    init = tree / "src/portico/__init__.py"
    init.write_text(init.read_text().replace(f'"{__version__}"', f'"{version}"'))
    change(tree / "src/portico")
    words = ("build", "--quiet", "--wheel", "--out-dir", str(folder), str(tree))
    subprocess.run((find_uv_bin(), *words), check=True)
    shutil.rmtree(tree)
    return folder / f"portico-{version}-py3-none-any.whl"
