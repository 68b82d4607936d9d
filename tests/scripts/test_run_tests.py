"""What fails is tried once more, and a fault that stays is not hidden by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "script/run_tests.py"
# Each test leaves a mark when it is run, and passes when `{passes}` says so.
TEST = """
import pathlib
import pytest

@pytest.mark.parametrize("n", range({count}))
def test_it(n):
    with pathlib.Path(f"runs-{{n}}").open("a") as marks:
        print("run", file=marks)
    runs = pathlib.Path(f"runs-{{n}}").read_text().count("run")
    assert {passes}
"""


def run(folder: Path, count: int, passes: str) -> tuple[int, str, list[int]]:
    """Its exit code, what it says, and how often each test was run."""
    (folder / "test_some.py").write_text(TEST.format(count=count, passes=passes))
    command = (sys.executable, PROGRAM, "-q", "--rootdir", folder, "test_some.py")
    # Of all plugins only the one whose option it passes on: others take seconds to import.
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p xdist"}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | plugins, capture_output=True, text=True, check=False
    )
    runs = [(folder / f"runs-{n}").read_text().count("run") for n in range(count)]
    return done.returncode, done.stdout, runs


def test_what_passes_is_run_once(tmp_path: Path) -> None:
    code, said, runs = run(tmp_path, 2, "True")
    assert (code, runs) == (0, [1, 1])
    assert "Once more" not in said


def test_what_fails_is_tried_again_and_named(tmp_path: Path) -> None:
    code, said, runs = run(tmp_path, 3, "runs > 1 or n != 1")
    assert (code, runs) == (0, [1, 2, 1])
    assert said.endswith(
        "Failed at first, passed alone; to be mended:\n  test_some.py::test_it[1]\n"
    )


def test_what_fails_twice_fails(tmp_path: Path) -> None:
    code, said, runs = run(tmp_path, 3, "n != 1")
    assert (code, runs) == (1, [1, 2, 1])
    assert "to be mended" not in said


def test_many_that_fail_are_no_accident(tmp_path: Path) -> None:
    code, _, runs = run(tmp_path, 6, "runs > 1")
    assert (code, runs) == (1, [1] * 6)
