"""A real server to measure, in a temporary folder, driven by its own command."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

PORTICO = (sys.executable, "-m", "portico.cli")
ROOT = Path(__file__).resolve().parent.parent


class Server:
    """A running server: `cli` types a command, `get` opens a page."""

    def __init__(self, data: Path, url: str, token: str) -> None:
        self.data = data
        self.url = url
        self.token = token
        self.environment = {
            **os.environ,
            "PORTICO_SERVER": url,
            "PORTICO_TOKEN": token,
            "HOME": str(data.parent),
        }

    def cli(self, *arguments: str, check: bool = True) -> str:
        """The command's standard output."""
        done = subprocess.run(
            (*PORTICO, *arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise SystemExit(f"portico {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def make(self, app: str) -> None:
        """An app that everybody may open: what is measured is not the gate."""
        self.cli("apps", "create", app, check=False)
        self.cli("access", app, "public")

    def listing(self, *arguments: str) -> Any:
        return json.loads(self.cli(*arguments, "--json"))

    def get(self, path: str) -> str:
        with urlopen(f"{self.url}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def git_url(self, app: str) -> str:
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://bench:{self.token}@{rest}/-/git/{app}.git"


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server of its own; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="portico-bench-"))
    folder.chmod(0o755)
    data, listen = folder / "data", f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        (*PORTICO, "server", "start", "--data", str(data), "--listen", listen),
        stdout=(folder / "server.log").open("w"),
        stderr=subprocess.STDOUT,
    )
    try:
        _await_ready(process, folder / "server.log")
        token = subprocess.run(
            (*PORTICO, "server", "token", "--data", str(data)),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        yield Server(data, f"http://{listen}", token)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(90)
        shutil.rmtree(folder, ignore_errors=True)


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while "Portico is ready" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"The server did not start:\n{log.read_text()}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(path: str, text: str, server: Server, seconds: float = 60) -> float:
    """The time (perf_counter) at which that page first holds the text."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        with contextlib.suppress(OSError):
            if text in server.get(path):
                return time.perf_counter()
        time.sleep(0.005)
    raise SystemExit(f"{path} never showed {text!r}")
