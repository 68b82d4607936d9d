"""Packages made by a test, and a server for them: an index, a git repository, an archive."""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import ssl
import subprocess
import sys
import sysconfig
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

# A build backend inside of the project: nothing has to be fetched to build with it.
BACKEND = """
import pathlib, zipfile

NAME = 'THE_NAME'

def _wheel(folder, files):
    info = f"{NAME}-1.0.dist-info"
    named = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: 1.0\\n" + _needs(),
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        **files,
    }
    name = f"{NAME}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for path, text in named.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{path},,\\n" for path in named))
    return name

def _needs():
    needs = pathlib.Path("needs.txt")
    lines = needs.read_text().split() if needs.exists() else []
    return "".join(f"Requires-Dist: {line}\\n" for line in lines)

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {f"{NAME}.py": pathlib.Path(f"{NAME}.py").read_text()})

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {f"{NAME}.pth": str(pathlib.Path.cwd())})
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def project(name: str, code: str = "x = 1\n") -> dict[str, str]:
    """The files of a project in a folder of that name, with a backend of its own."""
    return {
        f"{name}/pyproject.toml": PROJECT,
        f"{name}/backend.py": BACKEND.replace("THE_NAME", name),
        f"{name}/{name}.py": code,
    }


def wheel(folder: Path, name: str, version: str = "1.0", *needs: str) -> Path:
    """A wheel with one module, in an index's folder for that name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for written, text in files.items():
            archive.writestr(written, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in files))
    return path


def interpreter(folder: Path) -> Path:
    """This machine's Python, packed as python-build-standalone packs its own."""
    archive = folder / "python.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        program = Path(sys.executable).resolve()
        tar.add(program, f"python/bin/{program.name}")
        library = Path(sysconfig.get_path("stdlib"))
        tar.add(library, f"python/lib/{library.name}", filter=_without_tests)
    return archive


def downloads(archive: Path, address: str) -> str:
    """uv's list of Pythons that can be fetched, of that one."""
    major, minor, patch = sys.version_info[:3]
    machine = platform.machine()
    name = f"cpython-{major}.{minor}.{patch}-linux-{machine}-gnu"
    offered = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": f"{address}/{archive.name}",
        "sha256": sha256(archive),
        "variant": None,
        "build": "20260101",
    }
    return json.dumps({name: offered})


def _without_tests(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Links of a distribution lead out of the archive."""
    left_out = {"test", "tests", "idlelib", "tkinter", "lib2to3", "ensurepip", "__pycache__"}
    is_whole = not member.issym() and not left_out & set(Path(member.name).parts)
    return member if is_whole else None


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def index(folder: Path, *packages: str) -> Path:
    """A folder of wheels, `name==version` each, that serves as a simple index as it is."""
    for package in packages:
        name, _, version = package.partition("==")
        wheel(folder / name, name, version)
    return folder


class _Handler(SimpleHTTPRequestHandler):
    """Files of a folder, behind basic authentication when there is a password."""

    protocol_version = "HTTP/1.1"  # apt takes a connection that just ends for one that was cut off

    def __init__(self, *arguments: object, login: str, **named: object) -> None:
        self._login = login
        super().__init__(*arguments, **named)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        expected = f"Basic {base64.b64encode(self._login.encode()).decode()}"
        if self._login and self.headers.get("Authorization") != expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Tests look at what the client says."""


@contextmanager
def served(folder: Path, login: str = "", ca: trustme.CA | None = None) -> Iterator[str]:
    """The address, without a scheme's slash at the end, of a server of that folder."""
    handler = partial(_Handler, directory=str(folder), login=login)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if ca is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        scheme = "http" if ca is None else "https"
        yield f"{scheme}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def repository(tree: Path, into: Path) -> Path:
    """A bare git repository of a folder, which any web server of files can serve."""
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    _git(tree, "init", "-q", "-b", "main")
    _git(tree, "add", ".")
    _git(tree, *author, "commit", "-q", "-m", "first")
    _git(tree, "clone", "-q", "--bare", ".", str(into))
    _git(into, "update-server-info")
    return into


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)
