"""A real web process on unix sockets in a temporary folder, and a fake agent that talks to it."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg

from portico.wire import PlanDelta

DEADLINE = 60.0


def poll(look: Callable[[], Any], seconds: float = DEADLINE) -> Any:
    """The first truthy answer of `look`, or a failure when it takes too long."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return found


def listening(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen(128)
    sock.set_inheritable(True)
    return sock


@dataclass
class Web:
    """`python -m portico.control serve`, its sockets held here as the supervisor holds them."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.runtime = self.folder / "run"
        self.data = self.folder / "data"
        self.data.mkdir(parents=True)
        self.sockets = {
            "PORTICO_ROUTER_FD": listening(self.runtime / "web" / "web.sock"),
            "PORTICO_AGENT_FD": listening(self.runtime / "agent" / "agent.sock"),
        }
        self.router = self.client(self.runtime / "web" / "web.sock")
        self.agent = self.client(self.runtime / "agent" / "agent.sock")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "PORTICO_DATA": str(self.data),
            "PORTICO_RUNTIME": str(self.runtime),
            "PORTICO_URL": "http://portico.example",
            "PORTICO_TRUST_AUTHORS": "true",
            **self.extra,
        }

    def start(self) -> None:
        numbers = {name: str(sock.fileno()) for name, sock in self.sockets.items()}
        with (self.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portico.control", "serve"],
                env={**self.environment, **numbers},
                pass_fds=[sock.fileno() for sock in self.sockets.values()],
                stderr=log,
                stdout=log,
            )

    def token(self) -> str:
        command = [sys.executable, "-m", "portico.control", "token"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(DEADLINE)
        self.process = None
        return status

    def log_in(self, token: str) -> None:
        self.router.headers["Authorization"] = f"Bearer {token}"

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.router.request(method, f"/-/api/v1{path}", **options)

    def client(self, path: Path) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=str(path))
        return httpx.Client(transport=transport, base_url="http://web", timeout=DEADLINE)

    def close(self) -> None:
        self.router.close()
        self.agent.close()
        if self.process:
            self.end(signal.SIGKILL)
        for sock in self.sockets.values():
            sock.close()


@contextlib.contextmanager
def database() -> Iterator[dict[str, str]]:
    """The variable that names a database of its own, when the tests run on PostgreSQL."""
    if not (url := os.environ.get("DATABASE_URL")):
        yield {}
        return
    name = f"portico_{secrets.token_hex(8)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextlib.contextmanager
def web_process(**extra: str) -> Iterator[Web]:
    # A short path: a unix socket's has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="portico-") as folder, database() as variables:
        extra |= variables
        web = Web(Path(folder), extra)
        try:
            web.log_in(web.token())
            web.start()
            yield web
        finally:
            web.close()


@dataclass
class Forwarder:
    """A TCP port that leads to a unix socket: git speaks to no other."""

    to: Path

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inner = socket.socket(socket.AF_UNIX)
                outer, _ = self.listener.accept()
                inner.connect(str(self.to))
                for one, other in ((outer, inner), (inner, outer)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        for sock, how in ((other, socket.SHUT_WR), (one, socket.SHUT_RD)):
            with contextlib.suppress(OSError):
                sock.shutdown(how)


class Plan:
    """What an agent knows of the plan, polled step by step."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.epoch, self.version = "", 0
        self.apps: dict[int, Any] = {}

    def poll(self, wait: float = 0) -> PlanDelta:
        params = {"epoch": self.epoch, "since": self.version, "wait": wait}
        answer = self.client.get("/plan", params=params)
        delta = PlanDelta.model_validate_json(answer.content)
        self.epoch, self.version = delta.epoch, delta.version
        if delta.complete:
            self.apps = {}
        for app_id, plan in delta.apps.items():
            self.apps[app_id] = plan
        return delta

    def app(self, name: str) -> Any:
        """The app's document as of now; None when it has none."""
        self.poll()
        return next((one for one in self.apps.values() if one and one.name == name), None)


def archive(**files: str) -> bytes:
    """A tar.gz of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()
