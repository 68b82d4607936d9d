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

from portico.engines.local.process_table.marks import marked
from portico.engines.local.process_table.pids import descendants
from portico.layout import Layout

PORTICO = (sys.executable, "-m", "portico.cli")
ROOT = Path(__file__).resolve().parent.parent


class Server:
    """A running server: `cli` types a command, `get` opens a page."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.listen = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.listen}"
        self.environment = {**os.environ, "PORTICO_SERVER": self.url, "HOME": str(folder)}
        self.process = self._begun()
        self.token = self.cli("server", "token", "--data", str(self.data)).strip()
        self.environment["PORTICO_TOKEN"] = self.token

    def _begun(self) -> subprocess.Popen[bytes]:
        """It is ready."""
        words = ("server", "start", "--data", str(self.data), "--listen", self.listen)
        with self.log.open("w") as log:
            process = subprocess.Popen((*PORTICO, *words), stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while "Portico is ready" not in self.log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise SystemExit(f"The server did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        return process

    def reboot(self) -> None:
        """Nothing of it is left but the disk; then it starts again."""
        runtime = Layout(self.data).runtime
        while everybody := self._everybody(runtime.name):
            for pid in everybody:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.poll()
        shutil.rmtree(runtime, ignore_errors=True)
        self.process = self._begun()

    def _everybody(self, name: str) -> set[int]:
        roots = [pid for pids in marked(name).values() for pid in pids]
        supervisor = [] if self.process.poll() is not None else [self.process.pid]
        listed = self.listing("server", "status", "--data", str(self.data), check=False)
        parts = [int(one["pid"]) for one in listed["processes"] if one["pid"]]
        roots += [*supervisor, *parts]
        return {*roots, *(below for root in roots for below in descendants(root))}

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(90)

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

    def listing(self, *arguments: str, check: bool = True) -> Any:
        return json.loads(self.cli(*arguments, "--json", check=check))

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
    try:
        server = Server(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
