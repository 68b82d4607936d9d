"""A server whose disk is full: authors are told, and what serves goes on."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from portico.client.documents import Problem
from portico.errors import PorticoError
from tests.disks import filled, small_disk
from tests.e2e.load import load
from tests.e2e.steps import SOURCE, Stepping
from tests.servers import started
from tests.waiting import until

pytestmark = pytest.mark.root

NOT_STORED = {
    "title": "The source could not be stored.",
    "detail": "The disk of the server is full. Nothing was deployed.",
    "hint": "Ask the operator of this server to make room, then deploy again.",
}
BUILD_DISK_FULL = Problem(
    title="The server's disk is full.",
    detail="The build could not write: No space left on device.",
    hint="Ask the operator to free space; nothing of this build was kept.",
)


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    with small_disk(64) as folder:
        yield folder


@pytest.fixture(scope="module")
def app(disk: Path) -> Iterator[Stepping]:
    (disk / "data").mkdir()
    with started(disk / "data") as server:
        app = Stepping(server, "crowded")
        app.deployed()
        server.open_to_all(app.name)
        yield app
        app.close()


def source(*, random: int = 0, zeros: int = 0) -> io.BytesIO:
    """The app, and bytes that can or cannot be packed."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as tar:
        tar.add(SOURCE, arcname=".")
        for name, content in (("random", os.urandom(random)), ("zeros", bytes(zeros))):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return io.BytesIO(stream.getvalue())


def test_a_source_that_finds_no_room_is_refused(disk: Path, app: Stepping) -> None:
    before, deploys = app.page(), app.client.deploys(app.name)
    with (
        load(app.url, clients=2) as clients,
        filled(disk, but=1 << 20),
        pytest.raises(PorticoError) as refusal,
    ):
        app.upload(source(random=4 << 20))
    assert refusal.value.as_dict() == NOT_STORED
    assert (clients.failed, app.page()) == ([], before)
    assert app.client.deploys(app.name) == deploys
    app.assert_nothing_half_made()


def test_a_build_that_finds_no_room_fails(disk: Path, app: Stepping) -> None:
    before = app.page()
    with load(app.url, clients=2) as clients, filled(disk, but=4 << 20):
        done = app.ended(app.upload(source(zeros=16 << 20)))
    assert (done.state, done.problem) == ("failed", BUILD_DISK_FULL)
    assert (clients.failed, app.page()) == ([], before)
    app.assert_nothing_half_made()


def test_a_disk_without_any_room_keeps_nobody_waiting(disk: Path, app: Stepping) -> None:
    before = app.page()
    with load(app.url, clients=2) as clients, filled(disk), pytest.raises(PorticoError) as refusal:
        app.upload(source())
    assert refusal.value.as_dict() == NOT_STORED
    assert (clients.failed, app.page()) == ([], before)
    app.assert_nothing_half_made()


def test_a_change_that_finds_no_room_is_refused(disk: Path, app: Stepping) -> None:
    def create_until_refused() -> None:
        for number in range(1000):  # what the database holds in reserve may take some
            app.client.create_app(f"one-more-{number}")

    with filled(disk), pytest.raises(PorticoError) as refusal:
        create_until_refused()
    assert refusal.value.as_dict() == {
        "title": "The server could not store this.",
        "detail": "The disk of the server is full. Nothing was changed.",
        "hint": "Ask the operator of this server to make room, then try again.",
    }
    assert app.page()


@pytest.mark.parametrize("step", ["release", "start"])
def test_a_disk_that_fills_up_on_the_way_leaves_no_deploy_stuck(
    disk: Path, app: Stepping, step: str
) -> None:
    """It goes on when there is room again, or has failed and says why."""
    before, there = app.page(), len(app.reached(step))
    with load(app.url, clients=2) as clients:
        with ExitStack() as full:
            with app.held_at(step):
                deploy = app.upload()
                until(lambda: len(app.reached(step)) > there)
                full.enter_context(filled(disk))
            clients.wait_for(100)
        done = app.ended(deploy)
    assert clients.failed == []
    if done.state == "failed":
        assert done.problem is not None
        assert all((done.problem.title, done.problem.detail, done.problem.hint))
        assert app.page() == before
    else:
        assert (done.state, app.page()) == ("live", f"v{done.release}")
    app.assert_nothing_half_made()
    assert len(app.reached("release")) == len(set(app.reached("release")))
    app.deployed()
