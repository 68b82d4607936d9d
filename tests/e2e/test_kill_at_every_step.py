"""kill -9 of each platform process at each step of a deploy of an app that serves meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from portico.client.documents import Deploy, Problem
from portico.errors import PorticoError
from portico.supervisor import status
from tests.e2e.load import load
from tests.e2e.steps import HeldArchive, Stepping
from tests.servers import Server
from tests.waiting import until

PROCESSES = ("web", "agent", "router", "supervisor")

INTERRUPTED = Problem(
    title="The release command was interrupted.",
    detail="Portico was restarted while it ran, so nobody knows how far it came.",
    hint="Look at what it changed, then deploy again; it is never run twice for one release.",
)


@pytest.fixture(scope="module")
def app(server: Server) -> Iterator[Stepping]:
    app = Stepping(server, "stepping")
    app.deployed()
    server.open_to_all(app.name)
    yield app
    app.client.destroy_app(app.name)
    app.close()


@pytest.fixture(params=PROCESSES)
def process(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def kill(server: Server, process: str) -> None:
    """kill -9, and wait until another one has its place."""
    if process == "supervisor":
        server.kill_supervisor()
        server.start()
        return
    gone = server.pid(process)
    os.kill(gone, signal.SIGKILL)

    def replaced() -> bool:
        now = {one.name: one for one in status.read(server.layout).processes}[process]
        return now.state == status.RUNNING and now.pid != gone

    until(replaced)


@contextmanager
def served(app: Stepping, process: str) -> Iterator[None]:
    """Every request is answered meanwhile; those of a killed router, soon after."""
    if process == "router":
        yield
        until(app.page)
    else:
        with load(app.url, clients=2) as clients:
            yield
        assert clients.failed == []


def assert_all_is_well(app: Stepping) -> None:
    """Nothing is left of what was, no release command ran twice, and deploys go on."""
    app.assert_nothing_half_made()
    assert len(app.reached("release")) == len(set(app.reached("release")))
    done = app.deployed()
    assert until(app.page) == f"v{done.release}"


def assert_live(app: Stepping, deploy: Deploy) -> None:
    done = app.ended(deploy)
    assert (done.state, done.problem) == ("live", None)
    assert until(app.page) == f"v{done.release}"


def test_while_the_source_is_uploaded(server: Server, app: Stepping, process: str) -> None:
    before, deploys, source = app.page(), len(app.client.deploys(app.name)), HeldArchive()
    incoming = server.layout.sources / "incoming"
    with served(app, process), ThreadPoolExecutor(1) as pool:
        upload = pool.submit(app.upload, source)
        until(lambda: list(incoming.iterdir()))
        kill(server, process)
        source.go.set()
        error = upload.exception()
    if process in ("web", "router"):
        assert isinstance(error, PorticoError)
        assert all((error.title, error.detail, error.hint))
        assert (len(app.client.deploys(app.name)), app.page()) == (deploys, before)
    else:
        assert_live(app, upload.result())
    assert_all_is_well(app)


def test_while_it_is_built(server: Server, app: Stepping, process: str) -> None:
    with served(app, process):
        deploy = app.upload(held=True)
        until(app.building)
        kill(server, process)
        assert_live(app, deploy)
    assert_all_is_well(app)


def test_while_the_release_command_runs(server: Server, app: Stepping, process: str) -> None:
    before, ran = app.page(), len(app.reached("release"))
    with served(app, process):
        with app.held_at("release"):
            deploy = app.upload()
            until(lambda: len(app.reached("release")) > ran)
            kill(server, process)
        if process == "agent":
            done = app.ended(deploy)
            assert (done.state, done.problem) == ("failed", INTERRUPTED)
            assert app.page() == before
        else:
            assert_live(app, deploy)
    assert len(app.reached("release")) == ran + 1
    assert_all_is_well(app)


def test_while_the_new_process_starts(server: Server, app: Stepping, process: str) -> None:
    started = len(app.reached("start"))
    with served(app, process):
        with app.held_at("start"):
            deploy = app.upload()
            until(lambda: len(app.reached("start")) > started)
            kill(server, process)
        assert_live(app, deploy)
    assert len(app.reached("start")) == started + 1  # adopted, not started once more
    assert_all_is_well(app)


def test_while_the_old_process_finishes(server: Server, app: Stepping, process: str) -> None:
    before, asked = app.page(), len(app.reached("request"))
    with served(app, process), ThreadPoolExecutor(1) as pool:
        with app.held_at("request"):
            slow = pool.submit(httpx.get, f"{app.url}slow", timeout=60)
            until(lambda: len(app.reached("request")) > asked)
            assert_live(app, app.upload())
            kill(server, process)
        if process == "router":
            assert isinstance(slow.exception(), httpx.HTTPError)
        else:
            assert (slow.result().status_code, slow.result().text) == (200, before)
    assert_all_is_well(app)
