"""Finds Python modules without importing any, in an app's tree and in its environment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

_MODULE = re.compile(r"[A-Za-z_]\w{0,99}(\.[A-Za-z_]\w{0,99})*", re.ASCII)
MOST_MODULES = 1000


def exists(module: str, path: Sequence[Path]) -> bool:
    """Whether `import module` would find a file; its parents are not imported for that."""
    PathFinder.invalidate_caches()
    search = [str(folder) for folder in path]
    for part in module.split("."):
        # No finder but the file system's is asked, and a spec imports nothing.
        spec = PathFinder.find_spec(part, search)
        if spec is None:
            return False
        search = list(spec.submodule_search_locations or ())
    return True


def own(tree: Path) -> tuple[str, ...]:
    """The app's own modules, `a` and `a.b`, without those that lie deeper."""
    found = []
    for pattern in ("*.py", "*/__init__.py", "*/*.py", "*/*/__init__.py"):
        for path in tree.glob(pattern):
            parts = path.relative_to(tree).with_suffix("").parts
            found.append(".".join(part for part in parts if part != "__init__"))
    names = sorted({name for name in found if _MODULE.fullmatch(name)})
    return tuple(names[:MOST_MODULES])


def site_packages(environment: Path) -> list[Path]:
    return sorted(environment.glob("lib/python3.*/site-packages"))


def is_open(packages: Sequence[Path]) -> bool:
    """Whether the environment looks for modules elsewhere too: editable installs, .pth files."""
    return any(
        path.name != "_virtualenv.pth" for folder in packages for path in folder.glob("*.pth")
    )
