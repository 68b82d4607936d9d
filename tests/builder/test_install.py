"""Environments: made once, shared, never half-made."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tomllib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from portico.builder.forms import pipenv
from portico.builder.install import install, install_python
from portico.builder.order import MARKER, Installed, PythonOrder
from portico.errors import PorticoError
from tests.builder.apps import copied, places_of, write
from tests.builder.installing import environment_of, has, order_for, python, told, uv
from tests.builder.packages import downloads, interpreter, served

pytestmark = pytest.mark.usefixtures("step_variables")
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_makes_an_environment(tmp_path: Path):
    order = order_for(copied("works", tmp_path), tmp_path)
    assert install(order) == Installed()
    environment = environment_of(order)
    assert (environment / MARKER).is_file()
    answer = subprocess.check_output(
        [environment / "bin/python", "-c", "import sys; print(sys.prefix)"], text=True
    )
    assert answer.strip() == str(environment)


def test_uses_one_that_is_whole(tmp_path: Path):
    order = order_for(copied("works", tmp_path), tmp_path)
    install(order)
    (environment_of(order) / "kept").touch()
    install(order)
    assert (environment_of(order) / "kept").exists()


def test_discards_one_that_a_crash_has_left(tmp_path: Path):
    order = order_for(copied("works", tmp_path), tmp_path)
    write(environment_of(order), {"bin/python": "half", "left": ""})
    install(order)
    assert not (environment_of(order) / "left").exists()
    assert (environment_of(order) / MARKER).is_file()


def test_two_builds_of_one_environment_do_not_break_each_other(tmp_path: Path):
    order = order_for(copied("works", tmp_path), tmp_path)
    with ProcessPoolExecutor(2) as pool:
        answers = list(pool.map(install, [order, order]))
    assert answers == [Installed(), Installed()]
    assert (environment_of(order) / MARKER).is_file()


def test_does_not_believe_a_key_of_other_files(tmp_path: Path):
    tree = copied("works", tmp_path)
    order = order_for(tree, tmp_path)
    write(tree, {"requirements.txt": "-e .\n"})
    assert told(order) == (
        "The build was stopped.\n"
        "requirements.txt is not the file that was read before.\n"
        "Deploy again."
    )


def test_does_not_share_what_is_the_apps_own_whatever_it_is_told(tmp_path: Path):
    tree = write(copied("works", tmp_path), {"requirements.txt": "-e .\n", "setup.py": ""})
    assert told(order_for(tree, tmp_path)).startswith("The build was stopped.\n")
    assert not environment_of(order_for(tree, tmp_path)).exists()


def test_leaves_nothing_of_a_failure(tmp_path: Path):
    tree = write(copied("works", tmp_path), {"requirements.txt": "django==1..2"})
    order = order_for(tree, tmp_path, owner=1)
    assert told(order).startswith("The packages of requirements.txt cannot be installed.\n")
    assert not environment_of(order).exists()


def test_knows_the_python_that_is_there(tmp_path: Path):
    installed = install_python(PythonOrder(PYTHON, places_of(tmp_path, tmp_path)))
    assert installed.version == "{}.{}.{}".format(*sys.version_info[:3])


def test_explains_a_python_that_there_is_not(tmp_path: Path):
    with pytest.raises(PorticoError) as caught:
        install_python(PythonOrder("3.7.1", places_of(tmp_path, tmp_path)))
    assert caught.value.title == "Python 3.7.1 is not available."
    assert caught.value.detail.startswith(f"This server has Python {PYTHON}")
    assert caught.value.hint.startswith("Write one that is there into .python-version, such as 3.")


def test_installs_a_python_from_a_mirror_and_builds_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "mirror").mkdir()
    archive = interpreter(tmp_path / "mirror")
    places = dataclasses.replace(places_of(tmp_path, tmp_path), interpreters=())
    with served(tmp_path / "mirror") as address:
        offered = tmp_path / "mirror" / "downloads.json"
        offered.write_text(downloads(archive, address))
        monkeypatch.setenv("UV_PYTHON_DOWNLOADS_JSON_URL", f"{address}/downloads.json")
        installed = install_python(PythonOrder(PYTHON, places))
    assert installed.version == "{}.{}.{}".format(*sys.version_info[:3])
    assert f"Installing Python {PYTHON}, which this server does not have yet\n" in (
        capfd.readouterr().out
    )
    order = order_for(copied("works", tmp_path), tmp_path)
    order = dataclasses.replace(order, places=dataclasses.replace(places, app=tmp_path / "app"))
    assert install(order) == Installed()
    assert python(order, "import sys; print(sys.base_prefix)").startswith(str(places.pythons))


@pytest.mark.registry
class TestFromTheIndex:
    def test_explains_a_requirement_that_does_not_exist(self, tmp_path: Path):
        assert told(order_for(copied("unknown-requirement", tmp_path), tmp_path)) == (
            "The packages of requirements.txt cannot be installed.\n"
            "No solution found when resolving dependencies\n"
            "Because portico-test-package-that-does-not-exist was not found in the package "
            "registry and you require portico-test-package-that-does-not-exist==1.0, we can "
            "conclude that your requirements are unsatisfiable.\n"
            "Correct requirements.txt, try it on your machine with `uv pip install`, and deploy "
            "again."
        )

    def test_explains_requirements_that_do_not_resolve(self, tmp_path: Path):
        message = told(order_for(copied("conflicting-requirements", tmp_path), tmp_path))
        assert "you require werkzeug<2" in message

    def test_installs_hard_links_and_compiles(self, tmp_path: Path):
        tree = write(copied("works", tmp_path), {"requirements.txt": "flask==3.1.3"})
        order = order_for(tree, tmp_path)
        assert install(order) == Installed()
        (packages,) = environment_of(order).glob("lib/python3.*/site-packages")
        assert (packages / "flask/app.py").stat().st_nlink > 1
        assert list((packages / "flask/__pycache__").glob("app.*.pyc"))

    def test_says_which_package_has_no_wheel_and_builds_it_for_its_owner(self, tmp_path: Path):
        tree = write(copied("works", tmp_path), {"requirements.txt": "docopt==0.6.2"})
        shared = install(order_for(tree, tmp_path))
        assert "docopt" in shared.without_wheel
        own = order_for(tree, tmp_path, owner=1)
        assert install(own) == Installed()
        assert list(environment_of(own).glob("lib/python3.*/site-packages/docopt.py"))

    @pytest.mark.parametrize("owner", [None, 1])
    def test_installs_what_a_uv_lock_says(self, tmp_path: Path, owner: int | None):
        project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\n'
        project += 'dependencies = ["itsdangerous==2.1.2"]\n'
        tree = write(copied("works", tmp_path), {"pyproject.toml": project})
        uv(tree, tmp_path, "lock", "-q", "--python", sys.executable)
        order = order_for(tree, tmp_path, owner=owner)
        assert order.key.form == "uv.lock"
        assert install(order) == Installed()
        assert has(order, "itsdangerous-2.1.2")

    @pytest.mark.parametrize("owner", [None, 1])
    def test_installs_what_a_pylock_says(self, tmp_path: Path, owner: int | None):
        tree = write(copied("works", tmp_path), {"requirements.in": "itsdangerous==2.1.2\n"})
        uv(tree, tmp_path, "pip", "compile", "-q", "requirements.in", "-o", "pylock.toml")
        order = order_for(tree, tmp_path, owner=owner)
        assert order.key.form == "pylock.toml"
        assert install(order) == Installed()
        assert has(order, "itsdangerous-2.1.2")

    def test_installs_the_dependencies_of_a_project(self, tmp_path: Path):
        project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["itsdangerous==2.1.2"]\n'
        tree = write(tmp_path / "app", {"Procfile": "web: x", "pyproject.toml": project})
        order = order_for(tree, tmp_path)
        assert install(order) == Installed()
        assert has(order, "itsdangerous-2.1.2")

    def test_installs_what_a_pipfile_lock_says(self, tmp_path: Path):
        pipfile = '[packages]\nitsdangerous = "==2.1.2"\n'
        locked = (
            '{"_meta": {"hash": {"sha256": "'
            f"{pipenv.hashes(tomllib.loads(pipfile))[0]}"
            '"}, "pipfile-spec": 6, "requires": {}, "sources": '
            '[{"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": true}]}, '
            '"default": {"itsdangerous": {"version": "==2.1.2"}}, "develop": {}}'
        )
        tree = write(copied("works", tmp_path), {"Pipfile": pipfile, "Pipfile.lock": locked})
        order = order_for(tree, tmp_path, owner=1)
        assert install(order) == Installed()
        assert has(order, "itsdangerous-2.1.2")

    def test_installs_what_a_poetry_lock_says(self, tmp_path: Path):
        tree = write(copied("works", tmp_path), POETRY)
        order = order_for(tree, tmp_path, owner=1)
        assert install(order) == Installed()
        assert has(order, "itsdangerous-2.1.2")


POETRY = {
    "pyproject.toml": """
[tool.poetry]
package-mode = false
[tool.poetry.dependencies]
python = "^3.9"
itsdangerous = "2.1.2"
""",
    "poetry.lock": """
[[package]]
name = "itsdangerous"
version = "2.1.2"
description = ""
optional = false
python-versions = ">=3.7"
groups = ["main"]

[[package.files]]
file = "itsdangerous-2.1.2-py3-none-any.whl"
hash = "sha256:2c2349112351b88699d8d4b6b075022c0808887cb7ad10069318a8b0bc88db44"


[metadata]
lock-version = "2.1"
python-versions = "^3.9"
content-hash = "c77c255efb01b3f5613856e180c01333ba861ea286528255e972e6a65d37eb75"
""",
}
