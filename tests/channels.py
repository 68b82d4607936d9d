"""Small conda packages and channels of them, made by the test that needs them."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from portico.builder.conda.specs import here

VERSION = "{}.{}.{}".format(*sys.version_info[:3])
MINOR = "{}.{}".format(*sys.version_info[:2])
SITE_PACKAGES = f"lib/python{MINOR}/site-packages"
# Long, so that binary files could be patched too.
PLACEHOLDER = "/opt/placeholder" + "_placehold" * 20
# By a process that does not end as others do: with rattler's threads, that may crash.
INDEX = (
    "import asyncio, os, sys; from rattler.index import index_fs;"
    "asyncio.run(index_fs(sys.argv[1])); os._exit(0)"
)
Files = dict[str, bytes]


@dataclass(frozen=True)
class Package:
    """`paths` stands in for what its paths.json would truly list; `record` adds to its index."""

    name: str
    version: str = "1.0"
    build: str = "0"
    depends: tuple[str, ...] = ()
    files: Files = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    python: bool = False  # noarch: python, its files in site-packages/
    entry_points: tuple[str, ...] = ()
    paths: tuple[str, ...] | None = None
    record: dict[str, Any] = field(default_factory=dict)
    suffix: str = ".tar.bz2"

    @property
    def subdir(self) -> str:
        return "noarch" if self.python else here()

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}-{self.build}{self.suffix}"


def interpreter(version: str = VERSION, **record: Any) -> Package:
    """Stands for conda's Python: this machine's, linked into the environment."""
    minor = ".".join(version.split(".")[:2])
    executable = Path(sys.base_prefix, "bin", f"python{MINOR}")
    home = f"home = {executable.parent}\ninclude-system-site-packages = false\n"
    return Package(
        "python",
        version,
        files={
            "pyvenv.cfg": f"{home}version = {version}\n".encode(),
            f"lib/python{minor}/site-packages/.keep": b"",
        },
        links={
            f"bin/python{minor}": str(executable),
            "bin/python3": f"python{minor}",
            "bin/python": f"python{minor}",
        },
        record={"python_site_packages_path": f"lib/python{minor}/site-packages", **record},
    )


def module(name: str, text: str = "", version: str = "1.0", **fields: Any) -> Package:
    """A pure Python package with one module."""
    files = {
        f"site-packages/{name}.py": text.encode(),
        f"site-packages/{name}-{version}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
        ),
    }
    return Package(name, version, depends=("python",), files=files, python=True, **fields)


GREETING = "def main():\n    print('hello')\n"
HELLO = module("hello", GREETING, entry_points=("hello = hello:main",), suffix=".conda")
TOOL = Package("tool", files={"bin/tool": b"#!/bin/sh\necho at " + PLACEHOLDER.encode() + b"\n"})
GEO = Package(
    "geo",
    files={
        "etc/conda/activate.d/geo.sh": b'export GEO_DATA="$CONDA_PREFIX/share/geo"; PORT=1\n'
        b'export PATH="$CONDA_PREFIX/geo:$PATH"; echo activated $MODE\n',
        "etc/conda/env_vars.d/geo.json": b'{"GEO_MODE": "plain", "PORTICO_X": "no"}',
    },
)
SCRIPTED = Package(
    "scripted",
    files={
        "share/x": b"",
        "bin/.scripted-post-link.sh": b'env > "$PREFIX/seen"; id -u >> "$PREFIX/seen"\n'
        b'echo "thank you" >> "$PREFIX/.messages.txt"\n',
    },
)


FAILING = Package(
    "failing",
    files={"share/y": b"", "bin/.failing-post-link.sh": b"echo 'no licence'; exit 3\n"},
)
BROKEN = Package("broken", "2.0", depends=("absent >=9",))
LAB = (interpreter(), HELLO, TOOL, GEO, SCRIPTED, FAILING, BROKEN)


def make_channel(folder: Path, *packages: Package) -> Path:
    """A channel of these packages, with its index."""
    for package in packages:
        target = folder / package.subdir / package.file_name
        target.parent.mkdir(parents=True, exist_ok=True)
        info, content = _info(package), _content(package)
        write = _write_conda if package.suffix == ".conda" else _write_tar
        write(target, info, content)
    _index(folder)
    return folder


def _index(folder: Path) -> None:
    """By another process: rattler's threads stay in the network of the thread that woke them first,
    which may be one that has left the machine's.
    """
    subprocess.run((sys.executable, "-c", INDEX, str(folder)), check=True)


@contextmanager
def served(folder: Path, password: str = "") -> Iterator[str]:
    """The folder over HTTP at that address, for whoever says the password or its token."""
    wanted = "Basic " + base64.b64encode(f"me:{password}".encode()).decode()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            token = f"/t/{password}/"
            if password and self.path.startswith(token):
                self.path = self.path.removeprefix(token[:-1])
            elif password and self.headers.get("Authorization") != wanted:
                return self.send_error(401)
            return super().do_GET()

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Silent."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                """The client has what it wanted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _info(package: Package) -> list[tuple[tarfile.TarInfo, bytes]]:
    index = {
        "name": package.name,
        "version": package.version,
        "build": package.build,
        "build_number": 0,
        "depends": list(package.depends),
        "subdir": package.subdir,
        "timestamp": 1700000000000,
        **({"noarch": "python"} if package.python else {}),
        **package.record,
    }
    documents = {"index.json": index, "paths.json": _paths(package), "about.json": {}}
    if package.python:
        points = {"type": "python", "entry_points": list(package.entry_points)}
        documents["link.json"] = {"noarch": points, "package_metadata_version": 1}
    listed = [(f"info/{name}", json.dumps(value).encode()) for name, value in documents.items()]
    files = "\n".join([*package.files, *package.links]).encode()
    return [_file(name, data) for name, data in [*listed, ("info/files", files)]]


def _paths(package: Package) -> dict[str, Any]:
    if package.paths is not None:
        digest = hashlib.sha256(b"x").hexdigest()
        entries = [
            {"_path": path, "path_type": "hardlink", "sha256": digest, "size_in_bytes": 1}
            for path in package.paths
        ]
        return {"paths": entries, "paths_version": 1}
    files = [_path(path, data) for path, data in package.files.items()]
    links = [{"_path": path, "path_type": "softlink"} for path in package.links]
    return {"paths": [*files, *links], "paths_version": 1}


def _path(path: str, data: bytes) -> dict[str, Any]:
    entry = {
        "_path": path,
        "path_type": "hardlink",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_in_bytes": len(data),
    }
    if PLACEHOLDER.encode() in data:
        entry |= {"prefix_placeholder": PLACEHOLDER, "file_mode": "text"}
    return entry


def _content(package: Package) -> list[tuple[tarfile.TarInfo, bytes]]:
    members = [_file(name, data) for name, data in package.files.items()]
    for name, target in package.links.items():
        link = tarfile.TarInfo(name)
        link.type, link.linkname = tarfile.SYMTYPE, target
        members.append((link, b""))
    return members


def _file(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(data), 1700000000
    info.mode = 0o755 if name.startswith("bin/") else 0o644
    return info, data


def _tar(members: Iterable[tuple[tarfile.TarInfo, bytes]], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _write_tar(
    target: Path,
    info: list[tuple[tarfile.TarInfo, bytes]],
    content: list[tuple[tarfile.TarInfo, bytes]],
) -> None:
    target.write_bytes(_tar([*info, *content], "w:bz2"))


def _write_conda(
    target: Path,
    info: list[tuple[tarfile.TarInfo, bytes]],
    content: list[tuple[tarfile.TarInfo, bytes]],
) -> None:
    """The newer format: a zip of two tars, in zstd frames here that store instead of compress."""
    stem = target.name.removesuffix(".conda")
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
        archive.writestr(f"pkg-{stem}.tar.zst", _zstd(_tar(content)))
        archive.writestr(f"info-{stem}.tar.zst", _zstd(_tar(info)))


def _zstd(data: bytes) -> bytes:
    most = 128 << 10
    blocks = [data[n : n + most] for n in range(0, len(data), most)] or [b""]
    frame = struct.pack("<IBI", 0xFD2FB528, 0xA0, len(data))  # one segment, its size in 4 bytes
    for number, block in enumerate(blocks):
        header = (number == len(blocks) - 1) | (len(block) << 3)  # a raw block, perhaps the last
        frame += struct.pack("<I", header)[:3] + block
    return frame
