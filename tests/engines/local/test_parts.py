"""The parts of Portico that sandboxes get are all that what runs there imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import portico
from portico.engines.local.builds.mounts import BUILDER_PARTS
from portico.engines.local.egress import build_proxy, log_sender

PROGRAMS = {
    "portico.builder.__main__": BUILDER_PARTS,
    build_proxy.PROGRAM.module: build_proxy.PROGRAM.parts,
    log_sender.PROGRAM.module: log_sender.PROGRAM.parts,
}


@pytest.mark.parametrize("module", PROGRAMS)
def test_a_program_finds_all_that_it_imports(tmp_path: Path, module: str) -> None:
    (tmp_path / "portico").mkdir()
    for part in PROGRAMS[module]:
        (tmp_path / "portico" / part).symlink_to(Path(portico.__file__).parent / part)
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {module}"
    done = subprocess.run(
        (sys.executable, "-I", "-S", "-c", script), capture_output=True, text=True
    )
    assert done.stderr == ""
