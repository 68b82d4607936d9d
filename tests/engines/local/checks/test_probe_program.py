"""The program that asks a starting process, against real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portico.engines.engine import Answers
from portico.engines.local.checks.probe_program import (
    Asker,
    NoAnswerError,
    head_lines,
    parse_status,
)
from portico.engines.local.checks.probing import answers


@contextmanager
def server(*replies: bytes) -> Iterator[tuple[tuple[str, int], list[bytes]]]:
    """Answers its connections with these bytes, one after the other; keeps what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for reply in replies:
                connection, _ = listening.accept()
                with connection:
                    asked.append(connection.recv(65536))
                    connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname(), asked
        thread.join()


def asker(address: tuple[str, int], seconds: float = 20) -> Asker:
    return Asker(address, head_lines("my-host", {"X-One": "1"}), time.monotonic() + seconds)


def test_each_path_is_asked_with_the_headers() -> None:
    with server(b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 404 Not Found\r\n\r\n") as (address, asked):
        assert asker(address).statuses(["/a/", "/b"]) == ({"/a/": 200, "/b": 404}, "")
    assert asked[0] == (
        b"GET /a/ HTTP/1.1\r\nHost: my-host\r\nUser-Agent: portico\r\nAccept: */*\r\n"
        b"X-One: 1\r\nConnection: close\r\n\r\n"
    )


def test_a_connection_closed_without_an_answer_is_asked_again() -> None:
    with server(b"", b"HTTP/1.1 503 Busy\r\n\r\n") as (address, _):
        assert asker(address).statuses(["/"]) == ({"/": 503}, "")


def test_the_last_reason_is_told_when_the_time_is_up() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = closed.getsockname()
        assert asker(address, 0).statuses(["/"]) == ({}, "Connection refused.")


def test_a_server_that_says_nothing_is_told_from_one_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = asker(silent.getsockname(), 0.2).statuses(["/"])
    assert found == ({}, "it accepted the connection but sent no answer.")


def test_another_protocol_is_no_answer() -> None:
    with pytest.raises(NoAnswerError, match="its answer is not HTTP: b'220 mail ready'"):
        parse_status(b"220 mail ready")


@pytest.mark.parametrize("text", ["", "[]", '{"statuses": {"/": "200"}, "error": ""}'])
def test_what_is_no_answer_of_the_program_is_none(text: str) -> None:
    assert answers(text) == Answers(error="the probe gave no answer.")
