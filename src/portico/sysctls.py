"""The machine's settings that a server changes, and how they were before. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

SYSCTL = Path("/proc/sys")


def change(root: Path, remembered: Path, changes: Mapping[str, str]) -> None:
    """Set each, in this order, and keep what was there. Paths are below `root`. Raises OSError."""
    _remember(remembered, {name: (root / name).read_text().strip() for name in changes})
    for name, value in changes.items():
        (root / name).write_text(value)


def remembered(file: Path) -> dict[str, str]:
    """How they were before there was a server; empty when none was changed."""
    if not file.exists():
        return {}
    return {str(name): str(value) for name, value in json.loads(file.read_text()).items()}


def restore(root: Path, file: Path) -> None:
    """Undo what `change` has done, last first. What is gone meanwhile, such as a link, stays gone."""
    for name, value in reversed(remembered(file).items()):
        if (root / name).exists():
            (root / name).write_text(value)
    file.unlink(missing_ok=True)


def _remember(file: Path, before: Mapping[str, str]) -> None:
    """The first value counts: that of a machine without Portico."""
    written = file.with_suffix(".new")
    written.write_text(json.dumps({**before, **remembered(file)}, indent=2) + "\n")
    written.replace(file)
