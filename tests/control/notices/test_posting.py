"""Webhooks are no way into the server's network, and cost it no more than a few seconds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from portico.control.models.webhook import check_url
from portico.control.notices import posting
from portico.control.notices.posting import FailedError, good, post
from portico.errors import PorticoError
from portico.settings import Settings
from tests.control.notices.conftest import Taker, taking


def failure(url: str) -> str:
    with pytest.raises(FailedError) as caught:
        post(url, b"{}", {"Content-Type": "application/json"})
    return str(caught.value)


def refused(address: str, what: str) -> str:
    return (
        f"Not sent: {address} is {what}, which webhooks may not reach unless the operator says so "
        "in webhook_reaches."
    )


@pytest.mark.parametrize(
    ("url", "address", "what"),
    [
        ("http://127.0.0.1:PORT/", "127.0.0.1", "a loopback address"),
        ("http://2130706433:PORT/", "127.0.0.1", "a loopback address"),
        ("http://0x7f.1:PORT/", "127.0.0.1", "a loopback address"),
        ("http://0.1.2.3:PORT/", "0.1.2.3", "an address of this network"),
        ("http://[::1]:PORT/", "::1", "a loopback address"),
        ("http://[::ffff:127.0.0.1]:PORT/", "::ffff:127.0.0.1", "a loopback address"),
        ("http://169.254.169.254/latest/", "169.254.169.254", "a link-local address"),
        ("https://10.1.2.3/", "10.1.2.3", "a private address"),
        ("http://198.18.0.5:PORT/", "198.18.0.5", "an address of a test network"),
    ],
)
def test_nothing_is_sent_inwards(url: str, address: str, what: str) -> None:
    with taking() as taker:
        said = failure(url.replace("PORT", str(taker.port)))
        assert said == refused(str(ip_address(address)), what)
        assert taker.posted == []


def test_a_name_that_leads_inwards_is_no_way_either() -> None:
    with taking() as taker:
        assert "is a loopback address, which" in failure(f"http://localhost:{taker.port}/")
        assert taker.posted == []


def test_an_address_of_the_server_itself_is_inwards_too() -> None:
    own = frozenset({ip_address("203.0.113.9")})
    with pytest.raises(FailedError) as caught:
        good([ip_address("203.0.113.9")], own)
    assert str(caught.value) == refused("203.0.113.9", "an address of the server itself")
    elsewhere = ip_address("203.0.113.10")
    assert good([ip_address("203.0.113.9"), elsewhere], own) == [elsewhere]


def test_a_name_is_resolved_once_and_what_was_judged_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name server of the author's may say something else the second time."""
    asked: list[Any] = []
    reached: list[Any] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "203.0.113.5" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(target: Any, **_: Any) -> socket.socket:
        reached.append(target)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("socket.create_connection", connect)
    assert failure("http://rebinding.example:8080/") == "Connection refused."
    assert (asked, reached) == (["rebinding.example"], [("203.0.113.5", 8080)])


def test_what_the_operator_allows_is_reached_with_host_and_query(taker: Taker) -> None:
    assert post(taker.url, b"{}", {"X-Own": "kept"}) == "It answered 204."
    (posted,) = taker.posted
    assert (posted.path, posted.body) == ("/hook?a=b", b"{}")
    assert posted.headers["host"] == f"127.0.0.1:{taker.port}"
    assert posted.headers["x-own"] == "kept"


def test_redirects_are_not_followed(taker: Taker) -> None:
    taker.status, taker.headers = 307, {"Location": f"http://127.0.0.1:{taker.port}/elsewhere"}
    assert failure(taker.url) == "It answered 307; redirects are not followed."
    assert [posted.path for posted in taker.posted] == ["/hook?a=b"]


def test_errors_are_told(taker: Taker) -> None:
    taker.status = 500
    assert failure(taker.url) == "It answered 500."
    assert failure("http://nowhere.invalid/").startswith("nowhere.invalid cannot be found: ")


def test_an_answer_that_never_ends_is_broken_off(
    taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "SECONDS", 1.0)
    taker.drip = threading.Event()
    try:
        assert failure(taker.url) == "It did not answer within 1 seconds."
    finally:
        taker.drip.set()


def test_something_that_is_not_http(configured: Callable[..., None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        configured(webhook_reaches=(f"127.0.0.1:{port}",))
        thread = threading.Thread(target=_say, args=(server, b"220 mail.example.org ESMTP\r\n"))
        thread.start()
        assert failure(f"http://127.0.0.1:{port}/") == (
            "It answered with something that is not HTTP."
        )
        thread.join()


def _say(server: socket.socket, words: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1 << 16)
        connection.sendall(words)


def test_the_setting_wants_ports(folders: Any) -> None:
    with pytest.raises(ValueError, match=r"Each is a host and a port, as in hooks\.lan:443"):
        Settings(data=folders, webhook_reaches=("hooks.lan",))


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("ftp://example.org/", "It does not begin with http:// or https:// and a host."),
        ("https:///path", "It does not begin with http:// or https:// and a host."),
        ("https://example.org:port/", "It does not begin with http:// or https:// and a host."),
        (
            "https://ex.org/\r\nX: y",
            "It holds a space, a control character or one that is not ASCII.",
        ),
        ("https://user:pass@example.org/", "It holds a user's name or password."),
        ("https://example.org/" + "x" * 2000, "It has more than 2000 characters."),
    ],
)
def test_what_can_be_no_webhook(url: str, found: str) -> None:
    with pytest.raises(PorticoError) as caught:
        check_url(url)
    assert (caught.value.title, caught.value.detail, caught.value.hint) == (
        "This address cannot be a webhook.",
        found,
        "Give one like https://example.org/path, as the service that takes it shows it.",
    )
