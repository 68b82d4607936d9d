"""Mirrors of all that builds fetch, made by the test, and a server that knows nothing else."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from uv import find_uv_bin

from portico.agent.building.stacks import RELEASE
from tests.agent.building.unsandboxed import variables
from tests.apt_repository import add_packages, debian_mirror
from tests.builder.apps import APPS, write
from tests.builder.packages import index, served, sha256
from tests.channels import interpreter as conda_python
from tests.channels import make_channel, module
from tests.e2e.pythons import Python, offer
from tests.servers import Server, started

CONDA_TOOL = (
    *(find_uv_bin(), "tool", "run", "--quiet", "--python", "/usr/bin/python3"),
    *("--from", "conda-package-handling", "cph"),
)
APP = APPS / "answers-with-its-package"


@dataclass(frozen=True)
class Mirror:
    """`address` serves packages and Pythons over https; its authority is the test's own."""

    folder: Path
    address: str
    debian: str = ""  # the settings of a mirror of Debian, where one can be made

    @property
    def authority(self) -> Path:
        return self.folder / "authority.pem"

    @property
    def debian_over_https(self) -> str:
        """The same settings, with the address that serves that mirror."""
        served = self.folder / "apt" / "debian"
        return self.debian.replace(served.as_uri(), f"{self.address}/apt/debian")

    def add_to_debian(self, packages: Sequence[Path]) -> None:
        add_packages(self.folder / "apt", RELEASE, packages)

    def settings(self) -> str:
        """portico.toml: every source that a build may need, by a setting."""
        return (
            f'package_index = "{self.address}/packages"\n'
            f'python_mirror = "{self.address}/pythons/downloads.json"\n'
            f'ca_bundle = "{self.authority}"\n'
            f"{self.debian}"
            "[conda_channels]\n"
            f'"*" = "{(self.folder / "channels").as_uri()}"\n'
        )


@contextmanager
def mirror(python: Python | None) -> Iterator[Mirror]:
    """Made here and now; a Python is among it when this machine has another one."""
    folder = Path(tempfile.mkdtemp(prefix="portico-mirror-"))
    folder.chmod(0o755)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    _make_index(folder / "packages")
    make_channel(folder / "channels" / "lab", conda_python(), module("alpha", "version = 'c'\n"))
    try:
        with served(folder, ca=authority) as address:
            offer(python, folder / "pythons", f"{address}/pythons")
            yield Mirror(folder, address, _debian_settings(folder / "apt"))
    finally:
        shutil.rmtree(folder)


def _debian_settings(folder: Path) -> str:
    if not (shutil.which("dpkg-deb") and shutil.which("gpg")):
        return ""
    served, key = debian_mirror(folder, RELEASE, "portico-acme")
    return f'apt_repository = "{served.as_uri()}"\napt_key = "{key}"\n'


def _make_index(folder: Path) -> None:
    """With the hashes of its files, without which no lock file has any."""
    index(folder, "alpha==1.0", "alpha==2.0")
    wheels = sorted((folder / "alpha").glob("*.whl"))
    links = (f'<a href="{path.name}#sha256={sha256(path)}">{path.name}</a>' for path in wheels)
    (folder / "alpha" / "index.html").write_text("\n".join(links))


def conda_files(folder: Path) -> None:
    """What a channel at its real home consists of: files as conda's own tool packs them."""
    make_channel(folder, conda_python(), module("alpha", "version = 'zstd'\n"))
    for older in folder.glob("*/*.tar.bz2"):
        command = (*CONDA_TOOL, "transmute", str(older), ".conda")
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        older.unlink()
    for described in folder.glob("*/repodata*"):
        described.unlink()


@contextmanager
def server_of(mirror: Mirror) -> Iterator[Server]:
    """A server that was given these settings and nothing of the test's own variables."""
    data = Path(tempfile.mkdtemp(prefix="portico-offline-"))
    data.chmod(0o755)
    try:
        write(data, {"portico.toml": mirror.settings()})
        with started(data) as server:
            yield server
    finally:
        shutil.rmtree(data)


def deploy(server: Server, name: str, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """That app with these files beside it."""
    tree = Path(shutil.copytree(APP, server.folder / name))
    write(tree, files)
    return server.cli("deploy", str(tree), "--app", name, "--yes")


def page(server: Server, name: str) -> str:
    return server.get(f"/{name}/").text


def locked(mirror: Mirror, project: str, folder: Path) -> dict[str, str]:
    """A project and its uv.lock, which names PyPI and its files as one from the internet does."""
    write(folder, {"pyproject.toml": project})
    own = {"UV_DEFAULT_INDEX": f"{mirror.address}/packages", "UV_PYTHON": "/usr/bin/python3"}
    environment = {**variables(), **own, "SSL_CERT_FILE": str(mirror.authority)}
    command = (find_uv_bin(), "lock", "--quiet", "--cache-dir", str(folder / "cache"))
    subprocess.run(command, cwd=folder, env=environment, check=True)
    lock = (folder / "uv.lock").read_text()
    named = lock.replace(f'"{mirror.address}/packages"', '"https://pypi.org/simple"')
    files = "https://files.pythonhosted.org/packages"
    assert "pypi.org" in named
    return {
        "pyproject.toml": project,
        "uv.lock": named.replace(f"{mirror.address}/packages", files),
    }
