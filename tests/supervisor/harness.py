"""A real supervisor over stand-ins for web, agent and router."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from portico.layout import Layout
from portico.supervisor import status
from tests.ports import free_port
from tests.waiting import until

PROGRAM = Path(__file__).with_name("fakes") / "supervisor.py"
SECONDS = 20.0


class Fake:
    """A folder with a server of stand-ins; `box` steers them, see fakes/agent.py."""

    def __init__(self, box: Path) -> None:
        self.box = box
        self.layout = Layout(box / "data")
        self.listen = f"127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        """What all supervisors of this folder have printed, errors included."""
        return (self.box / "output").read_text()

    def launch(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a supervisor without waiting for anything."""
        with (self.box / "output").open("a") as output:
            self.process = subprocess.Popen(
                (sys.executable, "-I", str(PROGRAM), "--data", str(self.layout.data),
                 "--listen", self.listen, *words),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        return self.process

    def start(self) -> None:
        """Start one, and wait until it says that it is ready."""
        ready = self.output.count("Portico is ready at ") if (self.box / "output").exists() else 0
        process = self.launch()
        until(
            lambda: self.output.count("Portico is ready at ") > ready or process.poll() is not None,
            "readiness",
        )
        assert process.poll() is None, self.output

    def status(self) -> status.ServerStatus:
        return status.read(self.layout)

    def pids(self) -> dict[str, int | None]:
        return {process.name: process.pid for process in self.status().processes}

    def kill(self) -> None:
        """kill -9 of the supervisor alone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(SECONDS)

    def ask_web(self, socket_path: Path) -> str:
        """What web says on a socket, waiting for web if need be."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SECONDS)
            connection.connect(str(socket_path))
            return connection.recv(100).decode()

    def end_all(self) -> None:
        """Nothing of it may stay, however the test has ended."""
        if self.process and self.process.poll() is None:
            self.kill()
        for pid in self._children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.layout.runtime, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.layout.runtime.parent.rmdir()

    def _children(self) -> Iterator[int]:
        mark = f"PORTICO_DATA={self.layout.data}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    yield int(process.name)


@contextlib.contextmanager
def fake_server() -> Iterator[Fake]:
    """One that has not been started. Nothing of it is left afterwards."""
    # Not tmp_path: as root, the server's own users have to pass it.
    box = Path(tempfile.mkdtemp(prefix="portico-"))
    box.chmod(0o755)
    server = Fake(box)
    try:
        yield server
    finally:
        server.end_all()
        shutil.rmtree(box)
