"""A real Envoy with real servers behind it, for the tests of the router."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from portico.router.admin import RouterAdmin
from portico.router.envoy import command
from portico.router.files import ROUTES, RouterFiles
from portico.router.routes import AppRoute, Backend, Cluster, RouterConfig
from portico.wire import PathMode

DEADLINE = 20.0


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Poll until it holds."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def get(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    @property
    def seen(self) -> dict[str, str]:
        """The request's headers as the server behind the router got them, '; '-joined."""
        return dict(json.loads(self.body)["headers"])

    @property
    def path(self) -> str:
        return str(json.loads(self.body)["path"])

    @property
    def by(self) -> str:
        """Which server answered."""
        return str(json.loads(self.body)["by"])


class _Echo(BaseHTTPRequestHandler):
    """Tells what it was asked, with the headers that the request wishes for in X-Answer-*."""

    protocol_version = "HTTP/1.1"
    server: EchoServer

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle_one_request()

    def do_GET(self) -> None:
        self.server.asked += 1
        self.server.requests.append({name.lower(): value for name, value in self.headers.items()})
        length = self._read_body()
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name] = f"{headers[name]}; {value}" if name in headers else value
        seen = {"by": self.server.name, "path": self.path, "method": self.command}
        body = json.dumps({**seen, "headers": headers, "length": length}).encode()
        self.send_response(self.server.status)
        for name, value in self.server.answers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the names that http.server looks for

    def _read_body(self) -> int:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            return self._read_chunks()
        return len(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _read_chunks(self) -> int:
        total = 0
        while size := int(self.rfile.readline() or b"0", 16):
            total += len(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return total

    def log_request(self, *args: object) -> None:
        """A unix socket's peer has no address to log."""


class EchoServer(ThreadingHTTPServer):
    """On a free port of the loopback, or on a unix socket."""

    daemon_threads = True

    def __init__(self, name: str, path: Path | None = None) -> None:
        self.name = name
        self.asked = 0
        self.status = 200
        self.requests: list[dict[str, str]] = []
        self._connections: list[socket.socket] = []
        self.answers: list[tuple[str, str]] = []
        if path is not None:
            self.address_family = socket.AF_UNIX
        super().__init__(str(path) if path else ("127.0.0.1", 0), _Echo)  # type: ignore[arg-type]

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
        super().process_request(request, client_address)

    def close_for_good(self) -> None:
        """Connections that are open too."""
        self.shutdown()
        self.server_close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def backend(self) -> Backend:
        return Backend(*self.server_address[:2])  # type: ignore[arg-type]


@contextlib.contextmanager
def echo_server(name: str, path: Path | None = None) -> Iterator[EchoServer]:
    server = EchoServer(name, path)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Router:
    """A running Envoy. `web` stands for the control plane."""

    config: RouterConfig
    files: RouterFiles
    web: EchoServer
    process: subprocess.Popen[bytes]
    routes: list[AppRoute] = field(default_factory=list)

    def serve(self, route: AppRoute, *backends: Backend) -> None:
        """Add a route and wait until it is taken."""
        self.routes.append(route)
        self.files.write_endpoints(route.cluster, backends)
        self.publish()
        eventually(lambda: self.takes(route.cluster, *backends), f"{route.name} is taken")

    def publish(self) -> None:
        self.files.write_clusters(route.cluster for route in self.routes)
        before = self.routes_read()
        if self.files.write_routes(self.routes):
            eventually(lambda: self.routes_read() > before, "routes are read")

    def routes_read(self) -> int:
        return self.admin(lambda admin: admin.files_read())[ROUTES]

    def switch(self, cluster: Cluster, *backends: Backend) -> None:
        self.files.write_endpoints(cluster, backends)
        eventually(lambda: self.takes(cluster, *backends), "endpoints are taken")

    def takes(self, cluster: Cluster, *backends: Backend) -> bool:
        return bool(self.admin(lambda admin: admin.taken(cluster, backends)))

    def admin(self, ask):  # type: ignore[no-untyped-def]
        async def inner():  # type: ignore[no-untyped-def]
            async with RouterAdmin(self.config.admin_socket) as admin:
                return await ask(admin)

        return asyncio.run(inner())

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.config.port, timeout=DEADLINE)

    def ask(
        self,
        path: str,
        headers: list[tuple[str, str]] | None = None,
        *,
        method: str = "GET",
        body: bytes = b"",
    ) -> Answer:
        """One request on a connection of its own; the path goes out as it is."""
        connection = self.connect()
        with contextlib.closing(connection):
            names = {name.lower() for name, _ in headers or []}
            connection.putrequest(method, path, skip_host="host" in names)
            for name, value in headers or []:
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())

    def raw(self, request: bytes) -> bytes:
        """What comes back for these bytes until the router closes."""
        with socket.create_connection(("127.0.0.1", self.config.port), DEADLINE) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def app(number: int = 1, mode: PathMode = PathMode.OWN, **settings: object) -> AppRoute:
    """The route of `app-<number>`."""
    name = f"app-{number}"
    values = {"host": "*", "prefix": f"/{name}", "public": True, **settings}
    return AppRoute(app_id=number, name=name, path_mode=mode, **values)  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own(app_id: int) -> Cluster:
    """Where that app's requests go while it has its own path."""
    return Cluster(app_id, PathMode.OWN)


@contextlib.contextmanager
def running_router(web_socket: Path | None = None, **settings: object) -> Iterator[Router]:
    """A router without apps, in a folder with a short name (unix sockets have a limit).

    `web_socket`: that of a real web.
    """
    folder = Path(tempfile.mkdtemp(prefix="router-"))
    try:
        with echo_server("web", folder / "web.sock") as web:
            yield from _running(folder, web, web_socket, settings)
    finally:
        shutil.rmtree(folder)


def _running(
    folder: Path, web: EchoServer, web_socket: Path | None, settings: dict[str, object]
) -> Iterator[Router]:
    config = RouterConfig(
        host="127.0.0.1",
        port=free_port(),
        web_socket=web_socket or folder / "web.sock",
        admin_socket=folder / "admin.sock",
        folder=folder,
        concurrency=1,
        **settings,  # type: ignore[arg-type]
    )
    files = RouterFiles(config, None)
    files.write_bootstrap()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command(config), stderr=log, env=dict(os.environ))
    try:
        router = Router(config, files, web, process)
        eventually(lambda: _up(router), "the router is ready")
        yield router
    finally:
        process.terminate()
        process.wait()


def _up(router: Router) -> bool:
    log = router.config.folder / "log"
    assert router.process.poll() is None, log.read_text()
    return bool(router.admin(lambda admin: admin.ready()))
