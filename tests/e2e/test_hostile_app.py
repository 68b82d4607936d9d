"""A running app that means no good gets nothing and hurts nobody. What it tries, and that it would
notice a success, is in tests/apps/hostile.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.load import load
from tests.e2e.neighbours import NEEDLE, endpoints, neighbour_on, own_address
from tests.e2e.steps import Stepping
from tests.servers import Server, started
from tests.waiting import until

pytestmark = pytest.mark.root
SOURCE = Path(__file__).resolve().parents[1] / "apps" / "hostile"
METADATA = ("169.254.169.254", 80)


class Hostile:
    """The fixture, on a server; `tries` has it attack and tells what it got."""

    def __init__(self, server: Server, name: str) -> None:
        self.app = Stepping(server, name)
        done = server.cli("deploy", str(SOURCE), "--app", name, "--yes")
        assert done.returncode == 0, done.stderr
        server.open_to_all(name)

    def tries(self, what: str, **aims: object) -> list[Any]:
        answer = httpx.post(f"{self.app.url}{what}", json=aims, timeout=120)
        told: list[Any] = answer.raise_for_status().json()
        return told

    @property
    def log(self) -> Path:
        return self.app.folder / "logs"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with started() as made:
        yield made


@pytest.fixture(scope="module")
def neighbour(server: Server) -> Iterator[Stepping]:
    with neighbour_on(server) as made:
        yield made


@pytest.fixture(scope="module")
def hostile(server: Server, neighbour: Stepping) -> Iterator[Hostile]:
    made = Hostile(server, "hostile")
    yield made
    made.app.close()


@contextmanager
def unharmed(neighbour: Stepping) -> Iterator[None]:
    """It answers each request, and none of its processes had to be started again."""
    with load(neighbour.url, clients=2) as clients:
        yield
    assert clients.failed == []
    found = {(each.state, each.restarts) for each in neighbour.client.processes("neighbour")}
    assert ("running", 0) in found <= {("running", 0), ("draining", 0), ("stopping", 0)}


def paths(server: Server, neighbour: Stepping) -> list[str]:
    layout = server.layout
    folders = (layout.data, layout.runtime, layout.python, layout.web, neighbour.folder)
    return [str(folder) for folder in (*folders, "/root", "/home", "/etc/shadow", "/var/lib/dpkg")]


def test_it_sees_no_file_but_its_own(server: Server, neighbour: Stepping, hostile: Hostile) -> None:
    (hostile.app.folder / "data" / "own.txt").write_text(NEEDLE)
    told = hostile.tries("files", paths=paths(server, neighbour), needle=NEEDLE)
    assert "got the needle from /data/own.txt" in told
    assert {line for line in told if not line.endswith("/data/own.txt")} == set()


def test_it_changes_nothing_and_gets_no_powers(
    server: Server, neighbour: Stepping, hostile: Hostile
) -> None:
    assert hostile.tries("changes", paths=paths(server, neighbour)) == []
    assert hostile.tries("powers") == []


@pytest.mark.machine
def test_it_reaches_nobody_and_cannot_be_another(
    server: Server, neighbour: Stepping, hostile: Hostile
) -> None:
    layout = server.layout
    sockets = [str(path) for path in (layout.web_socket, layout.agent_socket, layout.router_admin)]
    apps = endpoints(server)
    assert len(apps) == 2
    others = [each for each in apps if each != _own(hostile)]
    with socket.create_server(("", 0)) as service:
        port = service.getsockname()[1]
        router = server.listen.split(":")
        aims = [*others, METADATA, (own_address(), port), ("127.0.0.1", port)]
        aims += [(own_address(), int(router[1])), ("127.0.0.1", int(router[1]))]
        assert hostile.tries("network", sockets=sockets, addresses=aims, neighbours=others) == []
        service.settimeout(0)
        with pytest.raises(BlockingIOError):
            service.accept()


@pytest.mark.machine
def test_what_it_sends_in_the_name_of_another_does_not_arrive(
    neighbour: Stepping, hostile: Hostile, server: Server
) -> None:
    others = [each for each in endpoints(server) if each != _own(hostile)]
    with socket.socket(type=socket.SOCK_DGRAM) as service:
        service.bind(("", 0))
        port = service.getsockname()[1]
        aims = [(own_address(), port), ("127.0.0.1", port)]
        assert hostile.tries("forged", addresses=aims, neighbours=others) == []
        service.settimeout(0.5)
        with pytest.raises(TimeoutError):
            service.recv(100)


def _own(hostile: Hostile) -> tuple[str, int]:
    (process,) = hostile.app.client.processes("hostile")
    assert process.address is not None
    assert process.port is not None
    return process.address, process.port


def test_what_it_takes_is_its_own(neighbour: Stepping, hostile: Hostile) -> None:
    with unharmed(neighbour):
        assert hostile.tries("core") == [0, False]
        opened, error = hostile.tries("descriptors")
        assert (opened <= 65_536, error) == (True, errno.EMFILE)
        forked, refused = hostile.tries("forks", seconds=1)
        assert (forked < 512, refused > 0) == (True, True)
        hostile.tries("processor", seconds=3)
        assert neighbour.deployed().state == "live"


def test_its_memory_ends_with_its_limit(neighbour: Stepping, hostile: Hostile) -> None:
    with unharmed(neighbour):
        killed = hostile.tries("memory")
    assert killed == [9]
    said = "web.1 used 1.0 GiB of 1.0 GiB. One of its processes was stopped; raise it with"
    until(lambda: said in _text(hostile.log))  # at the agent's next look


def test_a_flood_of_its_log_is_bounded(neighbour: Stepping, hostile: Hostile) -> None:
    with unharmed(neighbour):
        hostile.tries("log", seconds=5)
        until(lambda: _size(hostile.log) > 1 << 20)
        assert neighbour.deployed().state == "live"
    assert _size(hostile.log) < 64 << 20  # five files of 10 MB, and what else there is


def _text(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in folder.glob("web.1*"))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_links_and_depths_in_its_data_lead_nobody_astray(
    server: Server, neighbour: Stepping
) -> None:
    hostile = Hostile(server, "links")
    targets = [str(neighbour.folder / "data"), str(server.layout.web), "/etc/passwd"]
    before = [_facts(Path(path)) for path in targets]
    folder = hostile.app.folder
    assert hostile.tries("links", paths=targets) == ["done"]
    assert server.json("server", "disk", "--data", str(server.data))
    assert server.cli("restart", "links").returncode == 0
    assert server.cli("apps", "destroy", "links", "--yes").returncode == 0
    until(lambda: not folder.exists())
    assert [_facts(Path(path)) for path in targets] == before
    assert (neighbour.folder / "data" / "secret.txt").read_text() == NEEDLE
    hostile.app.close()


def _facts(path: Path) -> tuple[int, int, int, list[str]]:
    found = path.stat()
    inside = sorted(each.name for each in path.iterdir()) if path.is_dir() else []
    return found.st_uid, found.st_gid, found.st_mode, inside
