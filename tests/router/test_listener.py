from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.router.listener import listeners
from portico.router.routes import RouterConfig
from tests.router.running import DEADLINE, Router


def _address(host: str) -> dict[str, object]:
    config = RouterConfig(host, 8000, Path("/w"), Path("/a"), Path("/f"))
    (only,) = listeners(config)
    address: dict[str, object] = only["address"]["socket_address"]
    return address


def test_it_listens_where_it_is_told() -> None:
    assert _address("localhost") == {"address": "127.0.0.1", "port_value": 8000}
    assert _address("0.0.0.0") == {"address": "0.0.0.0", "port_value": 8000}  # noqa: S104
    assert _address("::") == {"address": "::", "port_value": 8000, "ipv4_compat": True}


def test_a_host_name_is_refused() -> None:
    with pytest.raises(PorticoError) as caught:
        _address("example.org")
    assert caught.value.as_dict() == {
        "title": "The address to listen on is not an IP address.",
        "detail": "It is 'example.org'.",
        "hint": "Give an address of this machine, or 0.0.0.0 for all of them: "
        "--listen 0.0.0.0:8000.",
    }


def test_http_1_0_is_answered(router: Router) -> None:
    answer = router.raw(b"GET /-/ HTTP/1.0\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200 ")


def test_http_2_is_answered(router: Router) -> None:
    preface, settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\0\0\4\0\0\0\0\0"
    with socket.create_connection(("127.0.0.1", router.config.port), DEADLINE) as connection:
        connection.sendall(preface + settings)
        frame = connection.recv(9, socket.MSG_WAITALL)
    assert frame[3] == settings[3]


def test_an_unknown_upgrade_is_a_problem_document(router: Router) -> None:
    request = b"GET /-/ HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: x\r\n\r\n"
    answer = router.raw(request)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert (
        json.loads(answer.split(b"\r\n\r\n")[1])["title"]
        == "The connection cannot change to that protocol."
    )


def test_nonsense_is_a_problem_document(router: Router) -> None:
    answer = router.raw(b"GET /-/ HTTP/1.1\r\nno header\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
