"""A server without internet builds and serves everything from mirrors of the operator's."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import stacks as session_stacks
from tests.builder.packages import project
from tests.e2e.apart import apart
from tests.e2e.mirror import Mirror, deploy, locked, mirror, page, server_of
from tests.e2e.pythons import another
from tests.servers import Server, started

pytestmark = pytest.mark.root
DECLARED = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n'
PYTHON = another()
NEEDS_A_STACK = Path(__file__).parents[1] / "apps" / "system-packages"
Scene = Callable[[Server, Mirror], None]
Play = Callable[[Scene], None]


@pytest.fixture(scope="module")
def offline() -> Iterator[Play]:
    """Plays a scene beside a server to which every outside name is unreachable."""
    with apart() as thread, ExitStack() as stack:
        made = thread.submit(stack.enter_context, mirror(PYTHON)).result()
        server = thread.submit(stack.enter_context, server_of(made)).result()
        try:
            yield lambda scene: thread.submit(scene, server, made).result()
        finally:
            thread.submit(stack.close).result()


def served(server: Server, name: str, files: dict[str, str]) -> str:
    """What the app says of its package and its Python, once it is deployed."""
    done = deploy(server, name, files)
    assert done.returncode == 0, done.stdout + done.stderr
    return page(server, name)


def test_no_outside_name_is_reached(offline: Play) -> None:
    def scene(*_: object) -> None:
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("pypi.org", 443)
        with pytest.raises(OSError, match="Network is unreachable"):
            socket.create_connection(("192.0.2.1", 443))

    offline(scene)


def test_a_requirements_file(offline: Play) -> None:
    def scene(server: Server, _: Mirror) -> None:
        assert served(server, "listed", {"requirements.txt": "alpha==1.0\n"}).startswith(
            "alpha 1.0 on "
        )

    offline(scene)


def test_a_lock_file_that_names_pypi(offline: Play, tmp_path: Path) -> None:
    def scene(server: Server, mirror: Mirror) -> None:
        files = locked(mirror, DECLARED + 'dependencies = ["alpha<2"]\n', tmp_path)
        assert served(server, "locked", files).startswith("alpha 1.0 on ")

    offline(scene)


def test_a_lock_file_of_an_app_that_is_a_package(offline: Play, tmp_path: Path) -> None:
    """Installed by the app itself: uv alone would ask PyPI for the files."""
    package = {name.removeprefix("app/"): text for name, text in project("app").items()}

    def scene(server: Server, mirror: Mirror) -> None:
        declared = package["pyproject.toml"] + DECLARED + 'dependencies = ["alpha<2"]\n'
        files = locked(mirror, declared, tmp_path)
        said = served(server, "packaged", {"backend.py": package["backend.py"], **files})
        assert said.startswith("alpha 1.0 on ")

    offline(scene)


def test_conda_packages(offline: Play) -> None:
    def scene(server: Server, _: Mirror) -> None:
        text = "channels: [lab]\ndependencies: [python, alpha]\n"
        assert served(server, "conda", {"environment.yml": text}).startswith("alpha c on ")

    offline(scene)


@pytest.fixture
def stack(stacks: Path) -> Path:
    """A debian stack, made while there still was a way to Debian."""
    if not stacks.is_dir():
        with started() as server, session_stacks.lent(stacks, server.layout):
            done = server.cli("deploy", str(NEEDS_A_STACK), "--app", "packed", "--yes")
            assert done.returncode == 0, done.stdout + done.stderr
    return next(stacks.glob("debian+*"))


@pytest.mark.debian
def test_system_packages(offline: Play, stack: Path) -> None:
    def scene(server: Server, _: Mirror) -> None:
        subprocess.run(("cp", "-al", stack, server.layout.stacks), check=True)
        files = {"Aptfile": "portico-acme\n", "requirements.txt": "alpha==1.0\n"}
        assert served(server, "packed", files).startswith("alpha 1.0 on ")
        said = server.cli("run", "--app", "packed", "--", "acme").stdout
        assert said == "portico-acme speaks\n"

    offline(scene)


@pytest.mark.skipif(PYTHON is None, reason="needs a Python of another version than the system's")
def test_a_python_that_is_fetched(offline: Play) -> None:
    def scene(server: Server, _: Mirror) -> None:
        assert PYTHON is not None
        files = {".python-version": f"{PYTHON.text}\n", "requirements.txt": "alpha\n"}
        assert served(server, "pythonic", files) == f"alpha 2.0 on {PYTHON.text}"

    offline(scene)


def test_what_the_mirrors_lack_is_told(offline: Play) -> None:
    def scene(server: Server, _: Mirror) -> None:
        done = deploy(server, "lacking", {"requirements.txt": "alpha==1.0\nbeta\n"})
        assert done.stderr.partition("The packages of")[2].splitlines() == [
            " requirements.txt cannot be installed.",
            "No solution found when resolving dependencies",
            "Because beta was not found in the package registry and you require beta, we can "
            "conclude that your requirements are unsatisfiable.",
            "Next: Correct requirements.txt, or ask the operator to add what is missing to the "
            "server's package index, which stands in for PyPI.",
        ]
        done = deploy(server, "ancient", {".python-version": "3.8\n", "requirements.txt": ""})
        assert "Python 3.8 is not available.\n" in done.stderr
        assert "Installing 3.8 failed: No download found for request" in done.stderr

    offline(scene)
