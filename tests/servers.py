"""A real server in a temporary folder, driven as its users drive it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from portico.layout import Layout
from portico.supervisor import status
from tests.ports import free_port
from tests.subordinate import OrdinaryUser

PORTICO = (sys.executable, "-m", "portico.cli")
READY = "Portico is ready at "
START_SECONDS, STOP_SECONDS, COMMAND_SECONDS = 90, 180, 300


class Server:
    """`cli` types a command against it; `start`, `kill_supervisor` and `stop` are its life."""

    def __init__(
        self,
        folder: Path,
        data: Path | None = None,
        user: OrdinaryUser | None = None,
        **variables: str,
    ) -> None:
        self.folder = folder
        self.portico = (*(user.words if user else ()), *PORTICO)
        self.data = data or folder / "data"
        self.layout = Layout(self.data)
        port = str(free_port())
        self.listen = f"127.0.0.1:{port}"
        self.variables = {k: v.replace("{port}", port) for k, v in variables.items()}
        scheme = "https" if "PORTICO_TLS_CERT" in variables else "http"
        self.url = f"{scheme}://{self.listen}"
        self.token = ""
        self._output = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "home").mkdir()

    @property
    def environment(self) -> dict[str, str]:
        """A user's, logged in to this server, with a home of their own."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PORTICO_", "XDG_"))}
        kept |= {"PORTICO_SERVER": self.url, "PORTICO_TOKEN": self.token}
        kept |= {"PORTICO_RUNTIME": str(self.layout.runtime), "PORTICO_TRUST_AUTHORS": "true"}
        return kept | {"HOME": str(self.folder / "home")} | self.variables

    def start(self) -> None:
        """Start it on the same data and address as before, and wait until it is ready."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                (
                    *self.portico,
                    "server",
                    "start",
                    "--data",
                    str(self.data),
                    "--listen",
                    self.listen,
                ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while READY not in self.output:
            in_time = time.monotonic() < deadline and self._process.poll() is None
            assert in_time, f"the server did not become ready:\n{self.everything_said()}"
            time.sleep(0.02)

    def stop(self) -> None:
        """As Ctrl-C does; it has to end by itself."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(STOP_SECONDS)
        assert code == 0, self.everything_said()

    def kill_supervisor(self) -> None:
        """kill -9 of the supervisor alone: all else runs on."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def cli(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Type a command, in a folder that is no repository: in one, some commands add a remote."""
        return subprocess.run(
            (*self.portico, *words),
            cwd=self.folder / "home",
            env=self.environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """What a listing says to scripts."""
        done = self.cli(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def bearer(self) -> dict[str, str]:
        """The header that opens apps to the administrator whose token this is."""
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **options: Any) -> httpx.Response:
        url = urljoin(self.url, path)
        return httpx.get(url, headers=self.bearer, timeout=60, trust_env=False, **options)

    def open_to_all(self, app: str) -> None:
        """Requests of the app need no token, and no web to ask."""
        done = self.cli("access", app, "public")
        assert done.returncode == 0, done.stderr

    def status(self) -> list[dict[str, Any]]:
        """web, agent and router as `portico server status` tells of them, running or not."""
        done = self.cli("server", "status", "--data", str(self.data), "--json")
        processes: list[dict[str, Any]] = json.loads(done.stdout)["processes"]
        return processes

    def pid(self, name: str) -> int:
        (pid,) = (process["pid"] for process in self.status() if process["name"] == name)
        assert isinstance(pid, int), f"{name} does not run"
        return pid

    def git_url(self, app: str) -> str:
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://ada:{self.token}@{rest}/-/git/{app}.git"

    @property
    def output(self) -> str:
        """What the supervisor has printed since it was started last."""
        return self._output.read_text()

    def everything_said(self) -> str:
        """For a failing test's message."""
        files = (self._output, *sorted(self.layout.platform_logs.glob("*.log")))
        return "\n".join(f"--- {path}\n{path.read_text(errors='replace')}" for path in files)

    def end(self) -> None:
        """End all of it, however it stands, and assert that nothing is left."""
        if self._process is not None and self._process.poll() is None:
            self.stop()
        elif not status.read(self.layout).nothing_runs:
            assert self.cli("server", "stop", "--data", str(self.data)).returncode == 0
        assert not self.layout.runtime.exists()
        assert _processes_naming(self.data) == []


@contextlib.contextmanager
def started(
    data: Path | None = None,
    user: OrdinaryUser | None = None,
    **variables: str,
) -> Iterator[Server]:
    """A running server with a token. Its path is short, and open to the server's own users.

    `data`: an existing data folder, which stays; of `user` if that is whose server it is.
    `variables`: settings in the environment; `{port}` in them is the server's.
    """
    folder = Path(tempfile.mkdtemp(prefix="portico-"))
    folder.chmod(0o755)
    server = Server(folder, data, user, **variables)
    try:
        server.start()
        server.token = _token(server)
        yield server
    finally:
        try:
            server.end()
        finally:
            shutil.rmtree(folder)


def _token(server: Server) -> str:
    done = server.cli("server", "token", "--data", str(server.data))
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def _processes_naming(data: Path) -> list[str]:
    """Command lines of processes that still have to do with the server."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_text().replace("\0", " ")
            if str(data) in words and process.name != str(os.getpid()):
                found.append(words)
    return found
