"""kill -9 of each platform process while requests run; the state after is the state before."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.load import load
from tests.servers import Server

pytestmark = pytest.mark.registry

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flask-hello"


@pytest.fixture(scope="module")
def app(server: Server, tmp_path_factory):
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("survival") / "app")
    assert server.cli("deploy", str(folder), "--app", "survivor", "--yes").returncode == 0
    server.open_to_all("survivor")
    yield "survivor"
    server.cli("apps", "destroy", "survivor", "--yes")


def state(server: Server, app: str) -> list[tuple[object, ...]]:
    keys = ("name", "state", "pid", "port", "release", "restarts")
    return [tuple(process[key] for key in keys) for process in server.json("ps", app)]


def await_processes(server: Server, gone: int) -> None:
    """Until all three run, none of them under the pid that was killed."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        processes = server.status()
        if all(p["state"] == "running" and p["pid"] != gone for p in processes):
            return
        time.sleep(0.05)
    raise AssertionError(server.status())


def await_page(server: Server, app: str) -> None:
    """Until the app answers again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{server.url}/{app}/").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("name", ["web", "agent"])
def test_no_request_fails_when_web_or_agent_is_killed(server: Server, app: str, name: str):
    before = state(server, app)
    pid = server.pid(name)
    with load(f"{server.url}/{app}/") as clients:
        os.kill(pid, signal.SIGKILL)
        await_processes(server, pid)
    assert clients.failed == []
    assert state(server, app) == before


def test_the_router_comes_back_with_all_its_routes(server: Server, app: str):
    before, pid = state(server, app), server.pid("router")
    os.kill(pid, signal.SIGKILL)
    await_processes(server, pid)
    await_page(server, app)
    assert state(server, app) == before


def test_a_new_supervisor_re_adopts_everything(server: Server, app: str):
    before, processes = state(server, app), server.status()
    with load(f"{server.url}/{app}/") as clients:
        server.kill_supervisor()
        server.start()
    assert clients.failed == []
    assert server.status() == processes
    assert state(server, app) == before


def test_everything_killed_at_once_comes_back_on_its_own(server: Server, app: str):
    pids = [server.pid(name) for name in ("web", "agent", "router")]
    (process,) = server.json("ps", app)
    for pid in [*pids, process["pid"]]:
        os.kill(pid, signal.SIGKILL)
    await_page(server, app)
    for pid in pids:
        await_processes(server, pid)
