from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

from portico.router.routes import Backend
from portico.wire import PathMode
from tests.router.running import DEADLINE, EchoServer, Router, app, own


@pytest.fixture
def talker() -> Iterator[Backend]:
    """Sends back what it gets, in a web socket; the first message is the path."""

    def talk(connection: ServerConnection) -> None:
        assert connection.request is not None
        connection.send(connection.request.path)
        with contextlib.suppress(ConnectionClosedError):
            for message in connection:
                connection.send(message)

    with serve(talk, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Backend("127.0.0.1", server.socket.getsockname()[1])
        finally:
            server.shutdown()
            thread.join()


def _web_socket(router: Router, path: str) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{router.config.port}{path}",
        max_size=None,
        proxy=None,
        open_timeout=DEADLINE,
    )


def test_a_web_socket_passes(router: Router, talker: Backend) -> None:
    router.serve(app(1, PathMode.STRIP), talker)
    with _web_socket(router, "/app-1/ws?x=1") as web_socket:
        assert web_socket.recv(DEADLINE) == "/ws?x=1"
        web_socket.send("hello")
        assert web_socket.recv(DEADLINE) == "hello"


def test_a_web_socket_is_no_request_body(router: Router, talker: Backend) -> None:
    router.serve(app(1, max_request_bytes=1000), talker)
    with _web_socket(router, "/app-1/ws") as web_socket:
        web_socket.recv(DEADLINE)
        web_socket.send(b"x" * 100_000)
        assert len(web_socket.recv(DEADLINE)) == 100_000


def test_a_web_socket_outlives_the_time_to_answer_and_a_switch(
    router: Router, talker: Backend, backend: EchoServer
) -> None:
    router.serve(app(1, timeout=0.1), talker)
    with _web_socket(router, "/app-1/ws") as web_socket:
        web_socket.recv(DEADLINE)
        router.switch(own(1), backend.backend)
        assert router.ask("/app-1/").by == "app"
        web_socket.send("still here")
        assert web_socket.recv(DEADLINE) == "still here"


def test_a_web_socket_of_a_new_app_is_not_cut_by_another_apps_coming(
    router: Router, talker: Backend, backend: EchoServer
) -> None:
    router.serve(app(1), talker)
    with _web_socket(router, "/app-1/ws") as web_socket:
        web_socket.recv(DEADLINE)
        router.serve(app(2), backend.backend)
        assert router.ask("/app-2/").by == "app"
        web_socket.send("still here")
        assert web_socket.recv(DEADLINE) == "still here"


@contextlib.contextmanager
def _by_hand(router: Router, **settings: object) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A request under way: the viewer's connection, and the app's end of it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        router.serve(app(1, **settings), Backend(*server.getsockname()))
        server.settimeout(DEADLINE)
        with socket.create_connection(("127.0.0.1", router.config.port), DEADLINE) as viewer:
            viewer.sendall(b"GET /app-1/events HTTP/1.1\r\nHost: a\r\n\r\n")
            upstream, _ = server.accept()
            with upstream:
                upstream.settimeout(DEADLINE)
                upstream.recv(65536)
                yield viewer, upstream


def _receive_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        piece = connection.recv(65536)
        assert piece, received
        received += piece
    return received


def test_events_pass_one_by_one(router: Router) -> None:
    with _by_hand(router) as (viewer, upstream):
        upstream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            event = f"data: {number}\n\n".encode()
            upstream.sendall(event)
            assert event in _receive_until(viewer, b"\n\n\r\n")


def test_an_answer_that_has_begun_may_take_longer_than_the_time_to_answer(router: Router) -> None:
    with _by_hand(router, timeout=0.2) as (viewer, upstream):
        upstream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        _receive_until(viewer, b"a")
        # Another request of the same app runs into the limit meanwhile: it is long over.
        assert _times_out(router)
        upstream.sendall(b"b")
        _receive_until(viewer, b"b")


def _times_out(router: Router) -> bool:
    return router.ask("/app-1/").status == 504


def test_an_answer_that_does_not_begin_in_time_is_a_problem_document(router: Router) -> None:
    with _by_hand(router, timeout=0.2) as (viewer, _):
        answer = _receive_until(viewer, b"}\n")
    assert answer.startswith(b"HTTP/1.1 504 ")
    assert b"content-type: application/problem+json\r\n" in answer
    assert json.loads(answer.split(b"\r\n\r\n")[1]) == {
        "title": "The app takes too long.",
        "status": 504,
        "detail": "Its answer had not begun when the app's time limit was over.",
        "hint": "Try again later. The app's author can allow more with "
        "`portico apps set APP --timeout SECONDS`.",
    }


def test_a_request_that_the_app_dropped_is_not_sent_twice(router: Router) -> None:
    with _by_hand(router) as (viewer, upstream):
        upstream.close()
        answer = _receive_until(viewer, b"}\n")
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert json.loads(answer.split(b"\r\n\r\n")[1])["title"] == "The app broke off its answer."


def test_silence_is_cut_only_when_the_app_says_so(router: Router) -> None:
    with _by_hand(router, idle_timeout=0.3) as (viewer, upstream):
        upstream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        assert b"".join(iter(lambda: viewer.recv(65536), b"")).endswith(b"a")


def test_by_default_silence_is_cut_after_an_hour(router: Router) -> None:
    assert app(1).idle_timeout == 3600
