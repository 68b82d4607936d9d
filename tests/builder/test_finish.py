"""The last step, without an index: what is checked before any package of the app is needed."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from portico.builder.finish import finish, path_mode
from portico.builder.install import install
from portico.builder.order import Finished, FinishOrder, InstallOrder
from portico.errors import PorticoError
from tests.builder.apps import copied, manifest_of, places_of, write

FULL = "{}.{}.{}".format(*sys.version_info[:3])


@pytest.fixture
def _no_python_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)


def order_for(tree: Path, folder: Path, **fields: object) -> FinishOrder:
    """An order on an app whose environment has been made."""
    key = manifest_of(tree, folder).key
    places = places_of(tree, folder)
    install(InstallOrder(key, places))
    order = FinishOrder("shop", "apps.example", key.digest(), key.form, places=places)
    return dataclasses.replace(order, **fields)  # type: ignore[arg-type]


def pretend(order: FinishOrder, *programs: str) -> None:
    """Programs in the environment, as if a package had brought them."""
    for name in programs:
        path = order.places.environment(order.environment) / "bin" / name
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)


@pytest.mark.parametrize(
    ("setting", "own", "server", "expected"),
    [
        ("strip", True, "mount", "strip"),
        (None, True, "mount", "own"),
        (None, False, "mount", "mount"),
        (None, False, None, None),
    ],
)
def test_decides_the_path_mode_in_order(setting, own, server, expected):
    assert path_mode(setting, own, server) == expected


def test_leaves_the_path_mode_of_an_unknown_server_open(tmp_path: Path):
    order = order_for(copied("works", tmp_path), tmp_path)
    assert finish(order) == Finished(None, FULL)


def test_compiles_the_app(tmp_path: Path):
    tree = copied("works", tmp_path)
    finish(order_for(tree, tmp_path))
    assert list((tree / "__pycache__").glob("app.*.pyc"))


def test_says_when_the_server_is_not_installed(tmp_path: Path):
    order = order_for(copied("gunicorn-missing", tmp_path), tmp_path)
    with pytest.raises(PorticoError) as caught:
        finish(order)
    assert str(caught.value) == (
        "gunicorn is not installed.\n"
        "Line 1 of the Procfile starts it; requirements.txt does not bring it.\n"
        "Add a line `gunicorn` to requirements.txt."
    )


@pytest.mark.usefixtures("_no_python_path")
def test_says_when_the_module_does_not_exist(tmp_path: Path):
    tree = write(copied("wsgi-module-missing", tmp_path), {"requirements.txt": ""})
    order = order_for(tree, tmp_path)
    pretend(order, "gunicorn")
    with pytest.raises(PorticoError) as caught:
        finish(order)
    assert str(caught.value) == (
        "There is no module mysite.wsgi.\n"
        "Line 1 of the Procfile starts gunicorn with it; it is neither in the app nor in its "
        "packages.\n"
        "Write `web: gunicorn shop.wsgi` into the Procfile."
    )


@pytest.mark.parametrize(
    "command",
    ["gunicorn --chdir src app:app", "gunicorn --pythonpath src app", "cd src && gunicorn app"],
)
def test_does_not_look_for_modules_in_moved_folders(tmp_path: Path, command: str):
    tree = write(copied("works", tmp_path), {"Procfile": f"web: {command}"})
    order = order_for(tree, tmp_path)
    pretend(order, "gunicorn")
    assert finish(order).path_mode == "mount"


def test_does_not_import_what_it_looks_for(tmp_path: Path):
    files = {"Procfile": "web: uvicorn shop.api:app", "shop/__init__.py": "raise SystemExit(9)"}
    tree = write(copied("works", tmp_path), {**files, "shop/api.py": ""})
    order = order_for(tree, tmp_path)
    pretend(order, "uvicorn")
    assert finish(order).path_mode == "strip"


def test_reads_the_worker_of_gunicorns_configuration(tmp_path: Path):
    config = 'bind = "x"\nworker_class = "uvicorn.workers.UvicornWorker"\n'
    files = {"Procfile": "web: gunicorn app:app", "gunicorn.conf.py": config}
    order = order_for(write(copied("works", tmp_path), files), tmp_path)
    pretend(order, "gunicorn")
    assert finish(order).path_mode == "strip"


def test_runs_predeploy_and_keeps_its_result(tmp_path: Path):
    tree = copied("works", tmp_path)
    finish(order_for(tree, tmp_path, predeploy="echo made > bundle.js"))
    assert (tree / "bundle.js").read_text() == "made\n"


def test_a_failing_predeploy_fails_the_build(tmp_path: Path):
    order = order_for(copied("works", tmp_path), tmp_path, predeploy="echo no bundler >&2; exit 3")
    with pytest.raises(PorticoError) as caught:
        finish(order)
    assert str(caught.value) == (
        "The predeploy script failed.\n"
        "It ended with code 3. Its last lines:\nno bundler\n"
        "Correct scripts.dokku.predeploy in app.json and deploy again."
    )
