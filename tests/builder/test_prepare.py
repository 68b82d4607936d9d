"""What a source brings, and everything that is wrong with it."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from portico.errors import PorticoError
from tests.builder.apps import EXAMPLES, copied, manifest_of, write

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


def told(name: str, folder: Path) -> str:
    with pytest.raises(PorticoError) as caught:
        manifest_of(copied(name, folder), folder)
    return str(caught.value)


def test_describes_an_app(tmp_path: Path):
    tree = copied("works", tmp_path)
    manifest = manifest_of(tree, tmp_path)
    digest = hashlib.sha256((tree / "requirements.txt").read_bytes()).hexdigest()
    assert manifest.key.form == "requirements.txt"
    assert manifest.key.files == (("requirements.txt", digest),)
    assert manifest.key.python == PYTHON
    assert manifest.private == ""
    assert not manifest.python_missing
    assert manifest.processes == {"web": "python app.py"}
    assert manifest.release_command is None


@pytest.mark.parametrize("name", [path.name for path in EXAMPLES.iterdir()])
def test_describes_the_examples(tmp_path: Path, name: str):
    manifest = manifest_of(EXAMPLES / name, tmp_path)
    assert manifest.private == ""
    assert manifest.warnings == ()


@pytest.mark.parametrize(
    ("files", "stack", "python", "missing"),
    [
        ({"Aptfile": "unixodbc\n"}, "3.99.5", "3.99", False),
        ({"Aptfile": "# nothing\n"}, "3.99.5", PYTHON, False),  # it stands on no stack
        ({}, "3.99.5", PYTHON, False),
        ({"Aptfile": "unixodbc\n"}, "", PYTHON, False),  # there is none yet; it will be asked
        ({"Aptfile": "unixodbc\n", ".python-version": "3.99.6\n"}, "3.99.5", "3.99.6", True),
        ({"Aptfile": "unixodbc\n", ".python-version": PYTHON}, "3.99.5", PYTHON, True),
    ],
)
def test_an_aptfile_leads_to_the_python_of_the_stack(
    tmp_path: Path, files: dict[str, str], stack: str, python: str, missing: bool
):
    tree = write(copied("works", tmp_path), files)
    manifest = manifest_of(tree, tmp_path, debian_python=stack)
    assert (manifest.key.python, manifest.python_missing) == (python, missing)


def test_app_json_adds_its_wishes(tmp_path: Path):
    text = '{"formation": {"web": {"quantity": 3}}, "env": {"KEY": {"generator": "secret"}}}'
    tree = write(copied("works", tmp_path), {"app.json": text})
    manifest = manifest_of(tree, tmp_path)
    assert manifest.formation == {"web": 3}
    assert manifest.generated == ("KEY",)


def test_says_which_files_are_ignored(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tree = write(copied("works", tmp_path), {"environment.yml": ""})
    expected = "Packages come from requirements.txt; ignored: environment.yml."
    assert manifest_of(tree, tmp_path).warnings == (expected,)
    assert capsys.readouterr().out == f"Warning: {expected}\n"


def test_a_python_that_is_not_there_has_to_be_installed(tmp_path: Path):
    manifest = manifest_of(copied("unavailable-python", tmp_path), tmp_path)
    assert manifest.python_missing
    assert manifest.key.python == "3.7.1"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "no-procfile",
            "This app has no Procfile.\n"
            "A file named Procfile in the root folder says how the app is started.\n"
            "Make a file named Procfile with this line:\nweb: gunicorn mysite.wsgi",
        ),
        (
            "near-miss-procfile",
            "This app has no Procfile.\n"
            "There is a file named procfile.txt, but the name must be exactly Procfile.\n"
            "Rename procfile.txt to Procfile.",
        ),
        (
            "malformed-procfile",
            "The Procfile cannot be understood.\n"
            "Line 4: `worker python work.py` has no colon.\n"
            "Line 5: `clock` has no command.\n"
            "Line 6: `Web` is already on line 1.\n"
            "Line 7: `<<<<<<< HEAD` is a merge marker.\n"
            "Line 8: `much-too-long-for-a-process-type` is not a process type: 1 to 20 letters, "
            "digits, hyphens or underscores.\n"
            "Each line is `type: command`, each type once, such as `web: gunicorn mysite.wsgi`.",
        ),
        (
            "no-requirements",
            "This app does not say which packages it needs.\n"
            "None of these is in the root folder: uv.lock, pylock.toml, poetry.lock, "
            "Pipfile.lock, requirements.txt, environment.yml, pyproject.toml.\n"
            "Make a file named requirements.txt with one package a line, such as `django==5.2`.",
        ),
        (
            "missing-include",
            "requirements.txt includes a file that is not there.\n"
            "Line 1 says `-r base.txt`; the app has no file base.txt.\n"
            "Deploy that file as well, or remove the line.",
        ),
        (
            "unreadable-python-version",
            ".python-version does not name a Python version.\n"
            "It says `latest`.\n"
            "Write one line such as 3.11 or 3.11.9.",
        ),
        (
            "malformed-aptfile",
            "The Aptfile cannot be carried out.\n"
            "Line 2: `UnixODBC` is not the name of a Debian package. Write `unixodbc`.\n"
            "Line 3: `http://apt.example.com/debian` is not an https address, which it has to be.\n"
            "A line names packages, such as `unixodbc libgomp1`, the https address of a .deb file, "
            "or a repository: `:repo:deb signed-by=keys/acme.asc https://apt.example.com/debian "
            "trixie main`.",
        ),
        (
            "conda_mistakes",
            "environment.yml cannot be carried out.\n"
            "Line 2: `chanels:` is not a key of this file.\n"
            "Line 6: The channel http://conda.example.org/plain is not encrypted.\n"
            "Line 7: The channel file:///srv/conda is a folder of the server's machine.\n"
            "Line 10: `numpy>=` asks for no conda package: unable to parse version spec: >=.\n"
            "Line 12: `https://example.org/linux-64/thing-1.0-0.conda` is a file, not the name of "
            "a package.\n"
            "Line 15: `npm:` does not belong among the dependencies.\n"
            "Line 18: PORT is set by Portico.\n"
            "Line 2: Write `channels:`.\n"
            "Line 6: Use its https address, or ask the operator to add it to conda_channels.\n"
            "Line 7: Use a channel at an https address, or ask the operator to add this one to "
            "conda_channels.\n"
            "Line 10: Write it as `numpy`, `numpy=1.26`, `numpy>=1.26,<2` or "
            "`conda-forge::numpy=1.26`.\n"
            "Line 12: Name the package instead: `channel::package=version`; what pip installs, "
            "below pip.\n"
            "Line 15: Write `- numpy=1.26` for a conda package, and others below `- pip:`.\n"
            "Line 18: Write lines such as `  LOG_LEVEL: info` below `variables:`.",
        ),
        (
            "broken-app-json",
            "app.json is not valid JSON.\n"
            "Line 2, column 11: Expecting property name enclosed in double quotes.\n"
            "Correct it there; a comma too many or too few is the usual cause.",
        ),
        (
            "two-problems",
            "2 things keep this app from being built.\n"
            "1. The Procfile cannot be understood. Line 1: `web` has no colon.\n"
            "2. This app does not say which packages it needs. None of these is in the root "
            "folder: uv.lock, pylock.toml, poetry.lock, Pipfile.lock, requirements.txt, "
            "environment.yml, pyproject.toml.\n"
            "1. Each line is `type: command`, each type once, such as `web: gunicorn "
            "mysite.wsgi`.\n"
            "2. Make a file named requirements.txt with one package a line, such as "
            "`django==5.2`.",
        ),
    ],
)
def test_explains_what_is_wrong(tmp_path: Path, name: str, message: str):
    assert told(name, tmp_path) == message


def test_refuses_a_formation_of_unknown_process_types(tmp_path: Path):
    tree = write(copied("works", tmp_path), {"app.json": '{"formation": {"worker": 1}}'})
    with pytest.raises(PorticoError) as caught:
        manifest_of(tree, tmp_path)
    assert str(caught.value) == (
        "app.json scales a process type that there is not: worker.\n"
        "The Procfile has web.\n"
        "Add a line for worker to the Procfile, or remove it from `formation`."
    )


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("app.py", "app = Flask(__name__)", "web: gunicorn app:app"),
        ("main.py", "api = FastAPI()", "web: uvicorn main:api --host 0.0.0.0 --port $PORT"),
        ("app.py", "app = Dash()\nflask: Flask = app.server", "web: gunicorn app:flask"),
        (
            "app.py",
            "dash_app = dash.Dash()",
            "web: gunicorn app:server\n"
            "and write below the line of app.py that makes `dash_app`:\n"
            "server = dash_app.server",
        ),
        (
            "app.py",
            "import streamlit as st",
            "web: streamlit run app.py --server.port $PORT --server.address 0.0.0.0",
        ),
        ("other.py", "", "web: python app.py"),
    ],
)
def test_proposes_a_procfile_for_the_framework(tmp_path: Path, name: str, text: str, line: str):
    tree = write(tmp_path / "app", {"requirements.txt": "", name: text})
    with pytest.raises(PorticoError) as caught:
        manifest_of(tree, tmp_path)
    assert caught.value.hint == f"Make a file named Procfile with this line:\n{line}"
