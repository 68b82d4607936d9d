"""What activating an environment sets, found out once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portico.builder.conda import activation
from portico.builder.conda.activation import activate, conda_python
from tests.builder.apps import write


def environment(folder: Path, script: str, declared: str = "") -> Path:
    files = {"etc/conda/activate.d/a.sh": script}
    if declared:
        files["etc/conda/env_vars.d/a.json"] = declared
    return write(folder, files)


def test_scripts_see_what_is_given_and_what_packages_declare(tmp_path: Path):
    declared = json.dumps({"PROJ": "yes", "bad name": "x", "NUMBER": 1, "PORTICO_X": "x"})
    place = environment(tmp_path, 'export SEEN="$MODE $PROJ $CONDA_PREFIX $HOME"', declared)
    assert activate(place, tmp_path, {"MODE": "fast"}) == {
        "CONDA_PREFIX": str(place),
        "MODE": "fast",
        "PROJ": "yes",
        "SEEN": f"fast yes {place} /app",
    }


def test_variables_of_the_file_win_over_declared_ones(tmp_path: Path):
    place = environment(tmp_path, "true", '{"MODE": "declared"}')
    assert activate(place, tmp_path, {"MODE": "given"})["MODE"] == "given"


def test_nothing_of_the_step_and_nothing_of_portico_gets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SECRET", "s3cret")
    script = (
        'export SAW="[$SECRET]" PORT=1 PORTICO_URL=x HOME=/h LANG=C; cd /; unexported=1\n'
        "export 'MULTI=a\nb'\n"
    )
    place = environment(tmp_path, script)
    assert activate(place, tmp_path, {}) == {
        "CONDA_PREFIX": str(place),
        "SAW": "[]",
        "MULTI": "a\nb",
    }


@pytest.mark.parametrize(
    ("script", "said", "seconds"),
    [
        ("echo about to fail; exit 3", "about to fail", 60),
        ("exit 3", "it wrote nothing", 60),
        ("exec sleep 60", "it took too long", 0.1),
    ],
)
def test_a_script_that_breaks_off_is_a_warning(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    script: str,
    said: str,
    seconds: float,
):
    monkeypatch.setattr(activation, "SECONDS", seconds)
    place = environment(tmp_path, script)
    assert activate(place, tmp_path, {"A": "1"}) == {"CONDA_PREFIX": str(place), "A": "1"}
    assert f"Warning: An activation script broke off: {said}\n" in capsys.readouterr().out


def test_without_scripts_no_shell_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert activate(tmp_path, tmp_path, {}) == {"CONDA_PREFIX": str(tmp_path)}
    assert capsys.readouterr().out == ""


def test_the_version_of_python_is_that_of_its_package(tmp_path: Path):
    assert conda_python(tmp_path) == ""
    records = {
        "conda-meta/python-3.11.9-h1_0.json": '{"name": "python", "version": "3.11.9"}',
        "conda-meta/python-3-dateutil-1.json": '{"name": "python-3-dateutil", "version": "1"}',
    }
    assert conda_python(write(tmp_path, records)) == "3.11.9"
    assert conda_python(write(tmp_path, {"conda-meta/python-3.11.9-h1_0.json": "["})) == ""
