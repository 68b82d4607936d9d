"""Two apps on one server: what they reach of each other, of the machine and of the world."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portico.engines.local.network import packet_filter
from portico.engines.local.network.names import PORT, Names
from tests.e2e.load import load
from tests.e2e.neighbours import endpoints, own_address
from tests.servers import Server, started

pytestmark = pytest.mark.root
SOURCE = Path(__file__).resolve().parents[1] / "apps" / "listens-on-localhost"
APPS = ("left", "right")


@pytest.fixture(scope="module")
def apart() -> Iterator[Server]:
    with started() as server:
        for app in APPS:
            done = server.cli("deploy", str(SOURCE), "--app", app, "--yes")
            assert done.returncode == 0, done.stderr
        yield server


def asked(server: Server, app: str, question: str, value: str) -> str:
    return server.get(f"/{app}/", params={question: value}).text


def test_apps_that_listen_on_localhost_alone_are_served(apart: Server) -> None:
    assert [apart.get(f"/{app}/").text for app in APPS] == ["hello", "hello"]
    assert {port for _, port in endpoints(apart)} == {PORT}


def test_neither_reaches_the_other_nor_anything_of_the_machine(apart: Server) -> None:
    addresses = {address for address, _ in endpoints(apart)}
    assert len(addresses) == 2
    for app in APPS:
        said = [asked(apart, app, "connect", f"{address}:{PORT}") for address in addresses]
        # Of the other, and of itself, which listens on its loopback alone.
        assert sorted(said) == ["ECONNREFUSED", "EHOSTUNREACH"]
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        assert asked(apart, "left", "connect", f"127.0.0.1:{port}") == "ECONNREFUSED"
    with socket.create_server(("", 0)) as service:
        port = service.getsockname()[1]
        assert asked(apart, "left", "connect", f"{own_address()}:{port}") == "EHOSTUNREACH"
    assert asked(apart, "left", "connect", apart.listen) == "ECONNREFUSED"


@pytest.mark.registry
def test_names_are_resolved_as_the_machine_does(apart: Server) -> None:
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL")
    host = urlsplit(index or "https://pypi.org").hostname or ""
    known = {found[4][0] for found in socket.getaddrinfo(host, 443, socket.AF_INET)}
    assert asked(apart, "left", "resolve", host) in known


def test_a_redeploy_under_load_fails_no_request(apart: Server) -> None:
    before = endpoints(apart)
    apart.open_to_all("right")
    with load(f"{apart.url}/right/") as clients:
        done = apart.cli("deploy", str(SOURCE), "--app", "right", "--yes")
    assert done.returncode == 0, done.stderr
    assert clients.failed == []
    assert endpoints(apart) != before


def test_a_stopped_server_leaves_no_rules() -> None:
    with started() as server:
        name = Names(server.layout.runtime.name).table
        assert name in tables()
    assert name not in tables()


def tables() -> set[str]:
    entries = packet_filter.ruleset()["nftables"]
    return {each["table"]["name"] for each in entries if "table" in each}


def test_only_without_networks_of_their_own_the_start_speaks_of_them(apart: Server) -> None:
    assert "Apps reach each other" not in apart.output
