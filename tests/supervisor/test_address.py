import errno
import os
import socket

import pytest

from portico.errors import PorticoError
from portico.supervisor import address
from portico.supervisor.address import Address, require_free
from tests.ports import free_port


@pytest.mark.parametrize(
    ("text", "listen", "url", "reachable"),
    [
        ("127.0.0.1:8000", "127.0.0.1:8000", "http://127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("127.0.0.1:80", "127.0.0.1:80", "http://127.0.0.1", ("127.0.0.1", 80)),
        ("0.0.0.0:8000", "0.0.0.0:8000", "http://0.0.0.0:8000", ("127.0.0.1", 8000)),
        ("[::1]:8000", "[::1]:8000", "http://[::1]:8000", ("::1", 8000)),
        ("[::]:8000", "[::]:8000", "http://[::]:8000", ("::1", 8000)),
        ("localhost:8000", "127.0.0.1:8000", "http://localhost:8000", ("127.0.0.1", 8000)),
    ],
)
def test_an_address_is_understood(text, listen, url, reachable):
    found = Address.parse(text)
    assert (found.listen, found.url("http"), found.reachable) == (listen, url, reachable)


@pytest.mark.parametrize(
    "text", ["8000", ":8000", "127.0.0.1", "127.0.0.1:", "h:0", "h:65536", "h:٣"]
)
def test_what_is_no_address_is_explained(text: str):
    with pytest.raises(PorticoError) as caught:
        Address.parse(text)
    assert str(caught.value) == (
        "The address to listen on cannot be understood.\n"
        f"It is {text!r}; HOST:PORT is expected, with a port from 1 to 65535.\n"
        "Give one such as --listen 127.0.0.1:8000, or --listen 0.0.0.0:80 for everybody."
    )


def test_an_unknown_host_is_explained(monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(PorticoError) as caught:
        Address.parse("portico.invalid:8000")
    assert str(caught.value) == (
        "The host to listen on is not known.\n"
        "'portico.invalid' could not be resolved: Name or service not known.\n"
        "Give an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them."
    )


def test_a_free_port_is_left_free():
    found = Address.parse(f"127.0.0.1:{free_port()}")
    require_free(found)
    require_free(found)


def test_an_address_of_another_machine_is_explained():
    with pytest.raises(PorticoError) as caught:
        require_free(Address.parse(f"192.0.2.1:{(port := free_port())}"))
    assert str(caught.value) == (
        "The server cannot listen there.\n"
        f"192.0.2.1:{port}: {os.strerror(errno.EADDRNOTAVAIL)}.\n"
        "Give an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them."
    )


def test_a_port_below_1024_is_explained_to_an_ordinary_user():
    refusal = address._refusal(Address.parse("127.0.0.1:80"), OSError(errno.EACCES, "no"))
    assert str(refusal) == (
        "Port 80 may not be used.\n"
        "Ports below 1024 belong to root, and this server runs as an ordinary user.\n"
        "Choose a port from 1024 on with --listen HOST:PORT, or start the server as root."
    )


def test_a_port_that_nobody_visible_holds_is_another_process():
    assert address.listener(free_port()) == "Another process"
