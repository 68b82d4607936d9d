"""Something that takes webhooks, and a server that sends mail."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from portico.control.accounts import configuration
from tests.mail_server import MailServer, mail_server


@dataclass
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Taker:
    """What was posted, and what it is answered with."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    drip: threading.Event | None = None  # the answer comes byte by byte until this is set
    posted: list[Posted] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=b"


@contextlib.contextmanager
def taking() -> Iterator[Taker]:
    taker = Taker()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            taker.posted.append(Posted(self.path, named, body))
            if taker.drip:
                self._drip(taker.drip)
                return
            self.send_response(taker.status)
            for name, value in {**taker.headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def _drip(self, end: threading.Event) -> None:
            with contextlib.suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not end.wait(0.05):
                    self.wfile.write(b"x")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    taker.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield taker
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def configured(settings: Any) -> Callable[..., None]:
    """Change the operator's settings."""

    def configure(**changes: Any) -> None:
        settings.PORTICO = settings.PORTICO.model_copy(update=changes)
        if "mail_url" in changes:
            for name, value in configuration.mail(settings.PORTICO).items():
                setattr(settings, name, value)

    return configure


@pytest.fixture
def taker(configured: Callable[..., None]) -> Iterator[Taker]:
    """One that the operator lets webhooks reach."""
    with taking() as taker:
        configured(webhook_reaches=(f"127.0.0.1:{taker.port}",))
        yield taker


@pytest.fixture
def post_office(configured: Callable[..., None]) -> Iterator[MailServer]:
    with mail_server() as server:
        configured(mail_url=server.url(query="?starttls=no"))
        yield server
