from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import portico
from portico.engines.local.builds.mounts import BUILDER_PARTS

PACKAGE = Path(portico.__file__).parent
IMPORTED = re.compile(
    r"^\s*(?:from portico(?:\.(\w+)\S*)? import (\w+)|import portico\.(\w+))", re.MULTILINE
)


def _files(part: str) -> Iterator[Path]:
    path = PACKAGE / part
    return path.rglob("*.py") if path.is_dir() else iter([path])


def test_a_build_step_finds_all_that_it_imports_of_this_package() -> None:
    there = {part.removesuffix(".py") for part in BUILDER_PARTS}
    found = {
        package or name or module
        for part in BUILDER_PARTS
        for file in _files(part)
        for package, name, module in IMPORTED.findall(file.read_text())
    }
    assert {"errors", "procfile", "builder"} <= found <= there
