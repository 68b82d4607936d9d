"""The client and what can go wrong between it and a server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portico.client import Client, UnreachableError
from portico.errors import PorticoError
from tests.cli.stub import BREAK


@contextmanager
def saying(answer: bytes | None) -> Iterator[str]:
    """A server that says this to whoever connects, or nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                if answer is not None:
                    connection.sendall(answer)
                else:
                    connection.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(timeout=10)


def problem_with(url: str, timeout: float = 10) -> PorticoError:
    client = Client(url, "token", timeout=timeout)
    try:
        with pytest.raises(PorticoError) as caught:
            client.whoami()
    finally:
        client.close()
    return caught.value


def test_fields_of_a_newer_server_are_ignored(client, stub):
    stub.add("my-app", colour="red", state="dreaming")
    assert client.app("my-app").state == "dreaming"


def test_a_document_that_does_not_fit_is_explained(client, stub):
    stub.answers["GET /whoami"] = (200, {"user": 5})
    with pytest.raises(PorticoError) as caught:
        client.whoami()
    assert str(caught.value) == (
        "The server's answer could not be understood.\n"
        f"{stub.url} sent a document in which user does not fit: Input should be a valid string.\n"
        "Compare `portico --version` with the server's version and upgrade the older one."
    )


@pytest.mark.parametrize("body", [b"<html>", {"not": "a list"}])
def test_a_list_that_is_none_is_explained(client, stub, body):
    stub.answers["GET /apps"] = (200, body)
    with pytest.raises(PorticoError, match="could not be understood"):
        client.apps()


def test_a_page_in_place_of_a_problem_tells_that_this_is_another_server(client, stub):
    stub.answers["GET /whoami"] = (404, b"<h1>Not here</h1>")
    with pytest.raises(PorticoError) as caught:
        client.whoami()
    assert str(caught.value) == (
        f"There is no Portico server at {stub.url}.\n"
        f"GET {stub.url}/-/api/v1/whoami answered 404 Not Found.\n"
        "Check the address, then log in: `portico login URL`, or set PORTICO_SERVER."
    )


@pytest.mark.parametrize(("status", "again"), [(500, False), (502, True), (503, True)])
def test_a_server_that_fails_is_told_apart_from_one_that_may_come_back(client, stub, status, again):
    stub.answers["GET /whoami"] = (status, b"oh")
    with pytest.raises(PorticoError) as caught:
        client.whoami()
    assert isinstance(caught.value, UnreachableError) is again
    assert caught.value.title == f"The server at {stub.url} failed to answer."
    assert caught.value.detail.startswith(f"GET /-/api/v1/whoami answered {status} ")


def test_something_that_speaks_no_http_is_explained():
    with saying(b"220 mail.example.org ESMTP\r\n") as url:
        error = problem_with(url)
    assert error.title == f"The connection to {url} broke."
    assert error.hint == "Try again; if it goes on, look at `portico server status` on the server."


def test_a_server_that_keeps_silent_is_explained():
    with saying(None) as url:
        error = problem_with(url, timeout=0.2)
    assert str(error) == (
        f"The server at {url} did not answer in time.\n"
        "The connection or the answer took too long.\n"
        "Try again; if it goes on, look at `portico server status` on the server."
    )


def test_a_host_that_does_not_exist_is_explained():
    error = problem_with("http://no-such-host.invalid")
    assert error.title == "The server at http://no-such-host.invalid cannot be reached."
    assert isinstance(error, UnreachableError)


def test_a_log_that_ends_in_the_middle_of_a_line_is_a_broken_one(stub):
    body = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"line": "whole"}\n{"'
    with saying(body) as url:
        client = Client(url, "token")
        lines = client.logs("my-app", process=None, lines=1, follow=False)
        assert [next(lines), next(lines)] == [None, {"line": "whole"}]
        with pytest.raises(UnreachableError, match=f"The connection to {url} broke"):
            next(lines)
        client.close()


def test_a_stream_that_is_refused_tells_the_problem(client, stub):
    with pytest.raises(PorticoError, match="There is no app gone"):
        next(client.logs("gone", process=None, lines=1, follow=False))


def test_a_stream_that_breaks_is_told_apart(client, stub):
    stub.streams["/apps/my-app/logs"] = [[{"line": "one"}, BREAK]]
    lines = client.logs("my-app", process=None, lines=1, follow=False)
    assert [next(lines), next(lines)] == [None, {"line": "one"}]
    with pytest.raises(UnreachableError):
        next(lines)
