"""kill -9 of each platform process while requests run; the state after is the state before."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

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


def await_ready(server: Server) -> None:
    """Until router and web answer again."""
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{server.url}/-/ready").status_code == 200:
                return
        assert time.monotonic() < deadline
        time.sleep(0.02)


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


def test_what_metrics_count_never_falls_but_with_web(server: Server, app: str):
    metrics = Metrics(server, app)
    for name in ("agent", "router"):
        before = metrics.answered()
        metrics.kill(name)
        for _ in range(3):
            await_page(server, app)
        assert metrics.answered(at_least=before) == before + 3
    metrics.kill("web")
    metrics.await_one("portico_router_up")  # from this look on it counts
    for _ in range(3):
        await_page(server, app)
    assert metrics.answered() == 3
    assert metrics.told()["portico_agent_connected", ""] == 1
    lately = server.json("apps", "info", app)["requests"]
    assert (lately["answers"], lately["errors"]) == (4, 0)
    assert 0 < lately["median"] <= lately["p95"]


class Metrics:
    """What Prometheus would read of one app."""

    def __init__(self, server: Server, app: str) -> None:
        self._server, self._app = server, app
        made = server.cli("tokens", "create", "prometheus", "--metrics")
        self._headers = {"Authorization": f"Bearer {made.stdout.strip()}"}

    def told(self) -> dict[tuple[str, str], float]:
        """By name and class, the platform's and the app's."""
        answer = httpx.get(f"{self._server.url}/-/metrics", headers=self._headers, timeout=30)
        return {
            (sample.name, sample.labels.get("class", "")): sample.value
            for family in text_string_to_metric_families(answer.raise_for_status().text)
            for sample in family.samples
            if sample.labels.get("app") in (None, self._app)
        }

    def answered(self, at_least: float = 0) -> float:
        """How often with 2xx, until now. A request of another class marks the look that has all."""
        marks = self._requests("4xx")
        deadline = time.monotonic() + 90
        assert httpx.get(f"{self._server.url}/{self._app}/nothing-here").status_code == 404
        while self._requests("4xx") <= marks:
            assert self._requests("2xx") >= at_least
            assert time.monotonic() < deadline
            time.sleep(0.5)
        return self._requests("2xx")

    def kill(self, name: str) -> None:
        pid = self._server.pid(name)
        os.kill(pid, signal.SIGKILL)
        await_processes(self._server, pid)
        await_ready(self._server)

    def await_one(self, name: str) -> None:
        deadline = time.monotonic() + 90
        while self.told()[name, ""] != 1:
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def _requests(self, kind: str) -> float:
        return self.told()["portico_app_requests_total", kind]


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
