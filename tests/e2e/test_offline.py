"""A server without internet builds and serves everything from mirrors of the operator's."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from portico.settings import Settings
from tests.builder.packages import project, sha256
from tests.debian_packages import fetched
from tests.e2e.apart import apart
from tests.e2e.locks import of_pipenv, of_poetry
from tests.e2e.mirror import Mirror, conda_files, deploy, locked, mirror, page, server_of
from tests.e2e.offline_page import settings_on_page, type_from_page
from tests.e2e.pythons import another
from tests.servers import Server

pytestmark = pytest.mark.root
DECLARED = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n'
PYTHON = another()
FOR_LOCK_FILES = "pip download --dest /srv/mirror/wheels poetry"
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


@pytest.mark.registry
def test_a_channel_of_copied_conda_files(offline: Play, tmp_path: Path) -> None:
    """Packed by conda's own tool, and indexed by what the page for operators says."""
    conda_files(tmp_path / "conda-forge")

    def scene(server: Server, mirror: Mirror) -> None:
        shutil.copytree(tmp_path / "conda-forge", mirror.folder / "channels" / "conda-forge")
        (mirror.folder / "conda").symlink_to("channels")
        type_from_page("python -c 'import asyncio, os; from rattler", mirror.folder, tmp_path)
        text = "channels: [conda-forge]\ndependencies: [python, alpha]\n"
        assert served(server, "forged", {"environment.yml": text}).startswith("alpha zstd on ")

    offline(scene)


@pytest.mark.debian
def test_system_packages_and_the_stack_below_them(offline: Play, tmp_path: Path) -> None:
    """From a folder, then from the address that serves it, whose authority the operator has named."""
    packages = fetched(tmp_path, "tini")  # while there still is a way to Debian

    def scene(server: Server, mirror: Mirror) -> None:
        mirror.add_to_debian(packages)
        stands_on(server, "packed", "portico-acme", says="portico-acme speaks\n")
        with told(server, mirror.debian, mirror.debian_over_https):
            for stack in server.layout.stacks.glob("debian+*"):
                shutil.rmtree(stack)
            stands_on(server, "served", "tini", says="tini version")

    offline(scene)


def stands_on(server: Server, name: str, package: str, says: str) -> None:
    """An app with that package and Debian's Python, on a stack that it has made."""
    files = {"Aptfile": f"{package}\n", "requirements.txt": "alpha==1.0\n"}
    assert served(server, name, files).startswith("alpha 1.0 on 3.13")
    log = server.cli("logs", name, "--build").stdout
    assert "\nBuilding debian stack (trixie) because this server has none yet\n" in log
    command = package.removeprefix("portico-")
    assert server.cli("run", "--app", name, "--", command, "--version").stdout.startswith(says)


@contextmanager
def told(server: Server, before: str, after: str) -> Iterator[None]:
    """With another setting, for a while."""
    settings = server.data / "portico.toml"
    text = settings.read_text()
    assert before in text
    for written in (text.replace(before, after), text):
        server.stop()
        settings.write_text(written)
        server.start()
        if written != text:
            yield


@pytest.mark.registry
def test_a_folder_of_wheels_and_lock_files_of_poetry_and_pipenv(
    offline: Play, tmp_path: Path
) -> None:
    """The folder is filled by what the page for operators says, beside the packages of the test."""
    (tmp_path / "requirements.txt").write_text("sqlparse==0.5.3\n")
    for beginning in ("pip download --dest /srv/mirror/wheels --only", FOR_LOCK_FILES):
        type_from_page(beginning, tmp_path, tmp_path)

    def scene(server: Server, mirror: Mirror) -> None:
        wheels = Path(shutil.copytree(tmp_path / "wheels", mirror.folder / "wheels"))
        for wheel in (mirror.folder / "packages/alpha").glob("*.whl"):
            shutil.copy(wheel, wheels)
        digest = sha256(wheels / "alpha-1.0-py3-none-any.whl")
        with told(server, f"{mirror.address}/packages", wheels.as_uri()):
            listed = {"requirements.txt": "alpha==1.0\nsqlparse\n"}
            apps = {"flat": listed, "poetic": of_poetry(digest), "piped": of_pipenv(digest)}
            for name, files in apps.items():
                assert served(server, name, files).startswith("alpha 1.0 on ")

    offline(scene)


@pytest.mark.skipif(PYTHON is None, reason="needs a Python of another version than the system's")
def test_a_python_that_is_fetched(offline: Play) -> None:
    def scene(server: Server, _: Mirror) -> None:
        assert PYTHON is not None
        files = {".python-version": f"{PYTHON.text}\n", "requirements.txt": "alpha\n"}
        assert served(server, "pythonic", files) == f"alpha 2.0 on {PYTHON.text}"

    offline(scene)


def test_the_page_tells_where_pythons_are_and_names_settings(tmp_path: Path) -> None:
    listed = type_from_page("python -m uv python list", tmp_path, tmp_path)
    addresses = [line.split()[-1] for line in listed.splitlines()]
    assert addresses
    for address in addresses:
        assert re.fullmatch(r".*/20\d{6}/cpython-3\.12\.\d+(\+|%2B)\d+-.*\.tar\.gz", address)
    assert settings_on_page().keys() <= Settings.model_fields.keys()


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
        assert "Installing 3.8 failed: No download found for request" in done.stderr, done.stderr

    offline(scene)
