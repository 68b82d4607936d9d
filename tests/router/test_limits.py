from __future__ import annotations

import json
import socket

import pytest

from portico.router.routes import Backend
from tests.router.running import DEADLINE, EchoServer, Router, app

LIMIT = 100_000
TOO_LARGE = {
    "title": "The request is too large.",
    "status": 413,
    "detail": "Its body is larger than this app takes.",
    "hint": "Send less at once. The app's author can allow more with "
    "`portico apps set APP --max-request-bytes N`.",
}


@pytest.fixture
def served(router: Router, backend: EchoServer) -> Router:
    router.serve(app(1, max_request_bytes=LIMIT), backend.backend)
    router.serve(app(2, max_request_bytes=0), backend.backend)
    return router


def _chunked(path: str, size: int, *, whole: bool = True) -> bytes:
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    rest = size % 0x1000
    last = f"{rest:x}\r\n".encode() + b"x" * rest + b"\r\n" if rest else b""
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    return head.encode() + chunk * (size // 0x1000) + last + (b"0\r\n\r\n" if whole else b"")


def test_a_body_up_to_the_limit_passes(served: Router) -> None:
    answer = served.ask("/app-1/", method="POST", body=b"x" * LIMIT)
    assert json.loads(answer.body)["length"] == LIMIT


def test_a_declared_length_over_the_limit_is_refused_before_the_body(
    served: Router, backend: EchoServer
) -> None:
    head = f"POST /app-1/ HTTP/1.1\r\nHost: a\r\nContent-Length: {LIMIT + 1}\r\n\r\n"
    answer = served.raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.split(b"\r\n\r\n")[1]) == TOO_LARGE
    assert backend.asked == 0


def test_a_body_without_a_length_passes_up_to_the_limit(served: Router) -> None:
    answer = served.raw(_chunked("/app-1/", LIMIT))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert f'"length": {LIMIT}'.encode() in answer


def test_a_body_without_a_length_is_cut_off_at_the_limit(served: Router) -> None:
    """Even when its sender never ends it."""
    answer = served.raw(_chunked("/app-1/", LIMIT + 5000, whole=False))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.split(b"\r\n\r\n")[1]) == TOO_LARGE


def test_zero_is_no_limit(served: Router) -> None:
    answer = served.ask("/app-2/", method="POST", body=b"x" * (LIMIT * 30))
    assert json.loads(answer.body)["length"] == LIMIT * 30


def test_web_has_its_own_limits(served: Router) -> None:
    answer = served.ask("/-/git", method="POST", body=b"x" * (LIMIT * 30))
    assert json.loads(answer.body)["length"] == LIMIT * 30


def test_a_body_is_passed_on_while_it_comes(router: Router) -> None:
    """An upload is never held back whole: the app has its first bytes before the last are sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        router.serve(app(1), Backend(*server.getsockname()))
        with socket.create_connection(("127.0.0.1", router.config.port), DEADLINE) as client:
            client.sendall(b"POST /app-1/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nfirst")
            upstream, _ = server.accept()
            with upstream:
                upstream.settimeout(DEADLINE)
                seen = b""
                while not seen.endswith(b"first"):
                    seen += upstream.recv(65536)
