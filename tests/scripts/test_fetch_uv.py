"""uv comes by the hash in uv.lock, without any package installed."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import runpy
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "script" / "fetch_uv.py"))
PROGRAM = b"#!/bin/sh\necho uv 1.2.3\n"


def wheel() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("uv-1.2.3.dist-info/METADATA", "")
        archive.writestr("uv-1.2.3.data/scripts/uvx", b"")
        archive.writestr("uv-1.2.3.data/scripts/uv", PROGRAM)
    return file.getvalue()


@pytest.fixture
def index() -> Iterator[str]:
    """A server that answers every path with the wheel."""
    content = wheel()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def lock(folder: Path, url: str, digest: str) -> Path:
    names = ("manylinux_2_17", "musllinux_1_1")
    machine = os.uname().machine
    wheels = "".join(
        f'{{ url = "{url}/uv-1.2.3-py3-none-{name}_{machine}.whl", hash = "sha256:{digest}" }},'
        for name in names
    )
    file = folder / "uv.lock"
    file.write_text(f'[[package]]\nname = "uv"\nversion = "1.2.3"\nwheels = [{wheels}]\n')
    return file


def test_it_is_fetched_checked_and_unpacked(tmp_path: Path, index: str):
    digest = hashlib.sha256(wheel()).hexdigest()
    found = SCRIPT["main"](lock(tmp_path, index, digest), tmp_path / "tools")
    assert found == tmp_path / "tools" / "uv-1.2.3" / "uv"
    assert found.read_bytes() == PROGRAM
    assert os.access(found, os.X_OK)
    assert [p.name for p in found.parent.iterdir()] == ["uv"]


def test_it_is_fetched_once(tmp_path: Path, index: str):
    digest = hashlib.sha256(wheel()).hexdigest()
    first = SCRIPT["main"](lock(tmp_path, index, digest), tmp_path / "tools")
    gone = lock(tmp_path, "http://127.0.0.1:1", digest)
    assert SCRIPT["main"](gone, tmp_path / "tools") == first


def test_another_content_is_refused(tmp_path: Path, index: str, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    file = lock(tmp_path, index, "0" * 64)
    with pytest.raises(SystemExit) as caught:
        SCRIPT["main"](file, tmp_path / "tools")
    title, detail, hint = str(caught.value).splitlines()
    assert title == "uv could not be fetched."
    assert detail.startswith(f"{index}/uv-1.2.3-py3-none-")
    found = hashlib.sha256(wheel()).hexdigest()
    assert detail.endswith(f"has the hash sha256:{found}, and uv.lock says sha256:{'0' * 64}.")
    assert hint == (
        "Next: Check the network and its proxy (https_proxy, SSL_CERT_FILE), or install uv so that "
        "it is in PATH."
    )
    assert not (tmp_path / "tools").exists()


def test_a_uv_in_path_serves_where_nothing_can_be_fetched(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/local/bin/{name}")
    file = lock(tmp_path, "http://127.0.0.1:1", "0" * 64)
    assert SCRIPT["main"](file, tmp_path / "tools") == Path("/usr/local/bin/uv")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("glibc", [True, False])
def test_the_real_lock_names_a_wheel_for_usual_machines(machine: str, glibc: bool):
    import tomllib

    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    (uv,) = (package for package in packages if package["name"] == "uv")
    found = SCRIPT["choose"](uv["wheels"], machine, glibc=glibc)
    assert machine in found["url"]


def test_an_unusual_machine_is_explained():
    with pytest.raises(LookupError, match="names no manylinux wheel of uv for abacus"):
        SCRIPT["choose"]([], "abacus", glibc=True)
