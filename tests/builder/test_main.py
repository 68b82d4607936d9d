"""A build step as a process: the order on stdin, the answer in a file."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from portico.builder import __main__ as program
from portico.builder.order import PrepareOrder, encode
from tests.agent.unsandboxed import ENTRY, places
from tests.builder.apps import APPS
from tests.builder.archives import pack

# Only the standard library and what the sandbox shows of this package may be imported there.
VISIBLE = {
    *("portico", "portico.errors", "portico.procfile", "portico.appjson", "portico.relaying"),
    "portico.builder",
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


def test_imports_nothing_but_what_a_sandbox_shows():
    listing = (
        f"{ENTRY.partition('from portico')[0]}"
        "import importlib; from portico.builder.__main__ import STEPS\n"
        "from portico.builder.detect import FORMS\n"
        "modules = [name.partition(':')[0] for _, name in STEPS.values()] + list(FORMS.values())\n"
        "[importlib.import_module(name) for name in modules]\n"
        "print('\\n'.join(m for m in sys.modules if m.startswith('portico')))"
    )
    output = subprocess.check_output([sys.executable, "-I", "-S", "-c", listing], text=True)
    loaded = output.split()
    assert loaded
    assert all(name in VISIBLE or name.startswith("portico.builder.") for name in loaded)
