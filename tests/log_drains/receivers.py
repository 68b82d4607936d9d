"""Servers that log drains lead to, on loopback, each in a thread: syslog and HTTP, good and bad ones."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

FRAME = re.compile(rb"([1-9][0-9]*) ")


def frames(data: bytes) -> list[bytes]:
    """The messages in what came over TCP (RFC 6587, octet counting); the last may not be whole yet."""
    found, at = [], 0
    while head := FRAME.match(data, at):
        start, size = head.end(), int(head[1])
        if start + size > len(data):
            return found
        found.append(data[start : start + size])
        at = start + size
    assert at == len(data), data[at : at + 80]
    return found


class Receiver:
    """Takes what comes to `port`; `messages` are whole ones, in the order in which they came."""

    def __init__(self) -> None:
        self.port = 0
        self.connections: list[bytes] = []

    @property
    def messages(self) -> list[bytes]:
        return [message for data in list(self.connections) for message in frames(data)]


class Datagrams(Receiver):
    @property
    def messages(self) -> list[bytes]:
        return list(self.connections)


@contextlib.contextmanager
def over_udp(port: int = 0) -> Iterator[Datagrams]:
    made = Datagrams()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taking, _ending() as over:
        taking.bind(("127.0.0.1", port))
        taking.settimeout(0.05)
        made.port = taking.getsockname()[1]

        def take() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    made.connections.append(taking.recv(1 << 16))

        with _thread(take, over):
            yield made


@contextlib.contextmanager
def over_tcp(
    context: ssl.SSLContext | None = None, port: int = 0, *, reads: bool = True
) -> Iterator[Receiver]:
    """`reads`: else it takes connections and not a byte of them."""
    made = Receiver()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", port)) as listening, _ending() as over:
        listening.settimeout(0.05)
        made.port = listening.getsockname()[1]
        if not reads:  # nor does the kernel take much for it
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)

        def accept() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = listening.accept()
                    threads.append(threading.Thread(target=take, args=(connection,)))
                    threads[-1].start()

        def take(connection: socket.socket) -> None:
            index = len(made.connections)
            made.connections.append(b"")
            with contextlib.suppress(OSError), connection:
                connection.settimeout(5)
                stream = (
                    context.wrap_socket(connection, server_side=True) if context else connection
                )
                stream.settimeout(0.05)
                with stream:
                    while not over.is_set():
                        if not reads:
                            over.wait(0.05)
                            continue
                        with contextlib.suppress(TimeoutError):
                            data = stream.recv(1 << 16)
                            if not data:
                                return
                            made.connections[index] += data

        with _thread(accept, over):
            yield made
    for thread in threads:
        thread.join()


class Posts(Receiver):
    """`bodies` of requests with their headers; each is answered with the next of `statuses`, or 200."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The lines that it has taken."""
        return [
            json.loads(line) for _, _, body in list(self.requests) for line in body.splitlines()
        ]


@contextlib.contextmanager
def over_http(context: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Posts]:
    made = Posts()
    kept: list[socket.socket] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            kept.append(self.connection)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = made.statuses.pop(0) if made.statuses else 200
            if status == 200:
                made.requests.append((self.path, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Nothing: it would stand among the test's own output."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        if context is not None:
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
            for connection in kept:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _ending() -> Iterator[threading.Event]:
    over = threading.Event()
    try:
        yield over
    finally:
        over.set()


@contextlib.contextmanager
def _thread(work: Callable[[], None], over: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
