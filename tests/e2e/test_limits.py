"""An app that wants more than it may: it is stopped and named, its neighbour answers, its author raises it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from portico.engines.local.cgroups.server import server_groups
from tests.servers import Server
from tests.waiting import until

APPS = Path(__file__).parents[1] / "apps"
MIB = 1 << 20
pytestmark = [
    pytest.mark.registry,
    pytest.mark.skipif(
        "memory" not in server_groups("test").controllers,
        reason="needs control groups for memory: root, or a delegated one",
    ),
]
RAISE = "raise it with portico limits wants-memory web memory=128M"
ENDED = f"used 64 MiB of 64 MiB and was stopped; {RAISE}"


@pytest.fixture
def app(server: Server) -> Iterator[str]:
    for name, folder in (("wants-memory", "wants-memory"), ("neighbour", "works")):
        done = server.cli("deploy", str(APPS / folder), "--app", name, "--yes")
        assert done.returncode == 0, done.stderr
    yield "wants-memory"
    for name in ("wants-memory", "neighbour"):
        server.cli("apps", "destroy", name, "--yes")


def web(server: Server, app: str) -> dict[str, Any]:
    (found,) = server.json("ps", app)
    return found


def ask(server: Server, app: str, path: str = "") -> int | None:
    with contextlib.suppress(httpx.HTTPError):
        return server.get(f"{server.url}/{app}/{path}").status_code
    return None


def test_memory_that_is_used_up_is_named_wherever_one_looks(server: Server, app: str) -> None:
    before = web(server, app)
    limited = server.cli("limits", app, "web", "memory=64M", "cpu=1")
    assert limited.returncode == 0, limited.stderr
    assert limited.stdout.endswith("What runs has it now; no process was restarted.\n")
    until(lambda: web(server, app)["memory_limit"] == 64 * MIB)
    assert web(server, app)["pid"] == before["pid"]

    # A child is stopped, its parent answers; the log says so, also after the agent's death.
    pid = server.pid("agent")
    os.kill(pid, signal.SIGKILL)
    assert ask(server, app, "child") == 200
    said = f"Portico: web.1 used 64 MiB of 64 MiB. One of its processes was stopped; {RAISE}"
    until(lambda: said in server.cli("logs", app).stdout)
    assert web(server, app)["pid"] == before["pid"]

    # The process itself is stopped, and comes back; the neighbour has noticed nothing.
    neighbour = web(server, "neighbour")["pid"]
    ask(server, app, "itself")
    until(lambda: web(server, app)["last_exit"] == ENDED)
    until(lambda: ask(server, app) == 200)
    assert f"Portico: web.1 {ENDED}" in server.cli("logs", app).stdout
    assert ENDED in server.cli("ps", app).stdout
    assert (web(server, "neighbour")["pid"], ask(server, "neighbour")) == (neighbour, 200)

    # A release that needs more than that to start fails, and what served goes on.
    failed = server.cli("config", "set", "AT_START=1", "--app", app)
    assert failed.returncode == 1
    assert failed.stderr.strip().splitlines()[-3:] == [
        "The app ran out of memory at its start.",
        "web.1 used 64 MiB of 64 MiB and was stopped before it answered.",
        f"Next: Let it use less, or {RAISE}",
    ]
    assert ask(server, app) == 200


def test_what_cannot_be_a_limit_is_refused_in_three_parts(server: Server, app: str) -> None:
    for words, title in (
        (("web", "memory=2X"), "memory=2X cannot be a limit."),
        (("web", "memory=0"), "0 bytes of memory are too little for a process."),
        (("web", "memory=900T"), "900.0 TiB of memory are more than this server has for apps."),
        (("wrb", "memory=1G"), "There is no process type 'wrb'."),
        (("web", "ram=1G"), "There is no limit 'ram'."),
    ):
        refused = server.cli("limits", app, *words)
        assert refused.returncode == 1
        lines = refused.stderr.strip().splitlines()
        assert (lines[0], len(lines)) == (title, 3)
