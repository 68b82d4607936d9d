"""A build step as a process: the order on stdin, the answer in a file."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from portico.builder import __main__ as program
from portico.builder.encoding import encode
from portico.builder.order import PrepareOrder
from tests.agent.building.unsandboxed import ENTRY, entry, places
from tests.builder.apps import APPS
from tests.builder.archives import pack

# Only the standard library and what the sandbox shows of this package may be imported there.
VISIBLE = {
    *("portico", "portico.errors", "portico.procfile", "portico.appjson", "portico.relaying"),
    *("portico.builder", "portico.remarks"),
}


def prepared(name: str, folder: Path) -> tuple[int, dict[str, dict[str, object]], str]:
    for part in ("app", "out"):
        (folder / part).mkdir()
    archive = pack(APPS / name, folder / "source")
    order = PrepareOrder(
        stack="s", uv="1", places=places(folder / "app", folder / "py", folder / "out", archive)
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ENTRY, "prepare"],
        input=encode(order),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads((folder / "out/result.json").read_text()), done.stderr


def test_answers_in_a_file(tmp_path: Path):
    code, document, errors = prepared("works", tmp_path)
    assert (code, errors) == (0, "")
    assert document["answer"]["processes"] == {"web": "python app.py"}


def test_answers_a_problem_in_a_file(tmp_path: Path):
    code, document, errors = prepared("near-miss-procfile", tmp_path)
    assert (code, errors) == (1, "")
    assert document["problem"] == {
        "title": "This app has no Procfile.",
        "detail": "There is a file named procfile.txt, but the name must be exactly Procfile.",
        "hint": "Rename procfile.txt to Procfile.",
    }


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_explains_a_full_disk(monkeypatch: pytest.MonkeyPatch, code: int):
    def full(_order: object) -> object:
        raise OSError(code, "No space left on device")

    assert program._carried_out(full, PrepareOrder("s", "1")) == {
        "problem": {
            "title": "The server's disk is full.",
            "detail": "The build could not write: No space left on device.",
            "hint": "Ask the operator to free space; nothing of this build was kept.",
        }
    }


@pytest.mark.parametrize("libraries", [False, True])
def test_imports_nothing_but_what_a_sandbox_shows(libraries: bool):
    """Only what conda environments need imports the libraries that those sandboxes are shown."""
    loaded = loaded_by(entry(libraries=libraries), ("conda", "fetching") if not libraries else ())
    ours = [name for name in loaded if name.startswith("portico")]
    assert all(name in VISIBLE or name.startswith("portico.builder.") for name in ours)
    assert {"rattler", "yaml"} & set(loaded) == ({"rattler", "yaml"} if libraries else set())


def loaded_by(program: str, without: tuple[str, ...]) -> list[str]:
    listing = (
        f"{program.partition('from portico')[0]}"
        "import importlib; from portico.builder.__main__ import STEPS\n"
        "from portico.builder.detect import FORMS\n"
        "modules = [name.partition(':')[0] for _, name in STEPS.values()] + list(FORMS.values())\n"
        f"[importlib.import_module(m) for m in modules if not m.endswith({without!r})]\n"
        "print('\\n'.join(sys.modules))"
    )
    return subprocess.check_output(
        [sys.executable, "-I", "-S", "-c", listing], text=True
    ).splitlines()
