"""A build that means no good gets nothing and hurts nobody. Its aims are real, and so are its means:
tests/apps/malicious-build/setup.py.
"""

from __future__ import annotations

import io
import json
import socket
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portico.client.documents import Deploy, Problem
from portico.engines.local.cgroups.server import server_groups
from portico.engines.local.process_table.marks import marked
from portico.engines.local.process_table.pids import PROC
from tests.e2e.load import load
from tests.e2e.neighbours import NEEDLE, neighbour_on
from tests.e2e.steps import Stepping
from tests.servers import Server, started
from tests.waiting import until

FIXTURE = Path(__file__).parents[1] / "apps" / "malicious-build"
SETTINGS = "build_memory_bytes = 268435456\nbuild_processes = 150\nbuild_seconds = 30\n"
OWN = "what-the-app-has-itself"
TOO_LONG = Problem(
    title="The build took too long.",
    detail="It was ended after 30 seconds, in its step `install`.",
    hint="Deploy again; if it needs more time, ask the operator to raise build_seconds.",
)
TOO_MUCH = Problem(
    title="The build used 256 MiB of memory and was stopped.",
    detail="That is all it may use, files in /tmp included; it was in its step `install`.",
    hint="Take packages that have wheels instead of compiling them, or let it do less at once; "
    "if it needs more memory, ask the operator to raise build_memory_bytes.",
)
KILLED = Problem(
    title="The build was killed.",
    detail="Its step `install` was ended from outside, most likely for want of memory.",
    hint="Deploy again; if it happens again, ask the operator how much memory there is.",
)


class Service:
    """Something on the server's loopback that builds must not reach."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.reached = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                self.listening.accept()[0].close()
            except OSError:
                return
            self.reached += 1


@contextmanager
def service() -> Iterator[Service]:
    made = Service()
    try:
        yield made
        socket.create_connection(("127.0.0.1", made.port)).close()
        until(lambda: made.reached == 1)  # by this test alone, just now
    finally:
        made.listening.shutdown(socket.SHUT_RDWR)
        made.listening.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """With small limits."""
    with tempfile.TemporaryDirectory(prefix="portico-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        (data / "portico.toml").write_text(SETTINGS)
        with started(data) as made:
            yield made


@pytest.fixture(scope="module")
def neighbour(server: Server) -> Iterator[Stepping]:
    with neighbour_on(server) as made:
        yield made


class Malicious(Stepping):
    """The fixture, with its aims."""

    def mean(self, what: str, **aims: object) -> Deploy:
        stream = io.BytesIO()
        targets = {"do": what, "needles": [], "paths": [], "sockets": [], "ports": []}
        content = json.dumps({**targets, "addresses": [], **aims}).encode()
        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for path in FIXTURE.iterdir():
                if path.name != "targets.json" and path.is_file():
                    tar.add(path, arcname=path.name)
            for name, text in (("targets.json", content), ("own.txt", OWN.encode())):
                info = tarfile.TarInfo(name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text))
        return self.upload(io.BytesIO(stream.getvalue()))

    def outcome(self, deploy: Deploy) -> Deploy:
        def look() -> Deploy | None:
            now = self.client.deploy_state(self.name, deploy.id)
            return now if now.final else None

        return until(look)

    def log(self, deploy: Deploy) -> str:
        return (self.folder / "logs" / f"deploy-{deploy.id}.log").read_text()

    def told(self) -> list[str]:
        (file,) = self.folder.glob("slugs/*/told.txt")
        return file.read_text().splitlines()


@contextmanager
def malicious(server: Server, name: str) -> Iterator[Malicious]:
    made = Malicious(server, name)
    try:
        yield made
    finally:
        made.close()


def aims(server: Server, neighbour: Stepping, port: int) -> dict[str, object]:
    layout, host = server.layout, server.listen.partition(":")
    folders = (layout.data, layout.runtime, layout.python, layout.web, neighbour.folder)
    return {
        "needles": [NEEDLE[::-1], OWN[::-1]],
        "paths": [str(folder) for folder in folders],
        "sockets": [
            str(path) for path in (layout.web_socket, layout.agent_socket, layout.router_admin)
        ],
        "ports": [port, int(host[2])],
        "addresses": [("169.254.169.254", 80), ("10.0.0.5", 5432), *_own_addresses(port)],
    }


def _own_addresses(port: int) -> list[tuple[str, int]]:
    """The address by which the machine reaches others, if any."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return []
        return [(asking.getsockname()[0], port)]


def test_a_build_that_looks_around_gets_nothing(server: Server, neighbour: Stepping) -> None:
    with malicious(server, "looks") as app, service() as aim:
        deploy = app.outcome(app.mean("look", **aims(server, neighbour, aim.port)))
        assert deploy.state == "live", deploy.problem
        told = app.told()
        # While its packages were installed, and as its predeploy; it did find what is its own.
        assert told.count("done") == 2
        got = {line for line in told if line.startswith("got")}
        assert "got needle 1 from /app/own.txt" in got
        assert {line for line in got if not line.endswith("/own.txt")} == set()
        planted = list(server.layout.data.rglob("planted"))
        assert [path for path in planted if not path.is_relative_to(app.folder)] == []
        refused = f"Warning: The build asked for 127.0.0.1:{aim.port}, which is a loopback address."
        log = app.log(deploy)
        assert refused in log
        assert "asked for 169.254.169.254:80, which is a link-local address" in log
        assert "asked for 10.0.0.5:5432, which is a private address" in log


def test_builds_that_take_without_end_hurt_nobody(server: Server, neighbour: Stepping) -> None:
    before = neighbour.page()
    with malicious(server, "forks") as forks, malicious(server, "others") as others:
        with load(neighbour.url, clients=2) as clients:
            endless = forks.mean("forks")
            until(lambda: list(forks.folder.glob("layers/*-install-*")))
            redeployed = neighbour.deployed()  # its build works beside that one
            if "memory" in server_groups("test").controllers:
                assert others.outcome(others.mean("memory")).problem == TOO_MUCH
            assert others.outcome(others.mean("kills")).problem == KILLED
            length = "4711.4711"
            left = others.outcome(others.mean("daemon", seconds=length))
            assert left.state == "live", left.problem
            until(lambda: not _named(length))
            ended = forks.outcome(endless)
        assert (ended.state, ended.problem) == ("failed", TOO_LONG)
        assert clients.failed == []
        assert before != neighbour.page() == f"v{redeployed.release}"
        neighbour.assert_nothing_half_made()
        others.assert_nothing_half_made()
        assert forks.folder.name not in {name.split("-")[0] for name in _marked(server)}


def _marked(server: Server) -> set[str]:
    return set(marked(server.layout.runtime.name))


def _named(word: str) -> list[Path]:
    """Processes of the machine with that word on their command line."""
    found = []
    for process in PROC.glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        found += [process] if word.encode() in words else []
    return found
