"""Deploys that the server itself cannot carry out."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from portico.agent import state
from portico.engines.fake.engine import FakeEngine
from portico.errors import PorticoError
from portico.wire import Build, Deploy, DeployState, Problem
from tests.agent.plans import plan, release
from tests.agent.scene import Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


DISK_IS_FULL = Problem(
    title="The server's disk is full.",
    detail="The deploy could not write: No space left on device.",
    hint="Ask the operator to free space, then deploy again.",
)


async def test_a_build_that_finds_no_room_fails_and_is_not_tried_for_ever(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    scene.builds.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    async with scene.agent():
        scene.web.set(plan(deploy=Deploy(id=5, build=Build(id=3, source="0" * 64))))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert scene.web.reports[-1].deploy.problem == DISK_IS_FULL  # type: ignore[union-attr]


async def test_a_release_command_that_cannot_be_noted_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def save(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(state, "save", save)
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        candidate = release(1, release_command="migrate")
        scene.web.set(plan(deploy=Deploy(id=5, release=candidate)))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert scene.engine.launches == []
    assert scene.web.reports[-1].deploy.problem == DISK_IS_FULL  # type: ignore[union-attr]


async def test_no_secret_stands_in_the_log_or_the_problem_of_a_build(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    scene.builds.says = ("using topsecret!", "from https://me:word@index/simple, plain word")
    scene.builds.error = PorticoError("a topsecret!", "b topsecret!", "c https://me:word@index")
    build = Build(id=3, source="0" * 64, config={"API_TOKEN": "topsecret!", "WORD": "plain word"})
    async with scene.agent():
        scene.web.set(plan(deploy=Deploy(id=5, build=build)))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert scene.web.reports[-1].deploy.problem == Problem(  # type: ignore[union-attr]
        title="a [API_TOKEN]", detail="b [API_TOKEN]", hint="c https://[hidden]@index"
    )
    log = (scene.layout.logs(7) / "deploy-5.log").read_text()
    assert [line.partition(" ")[2] for line in log.splitlines()][:3] == [
        "using [API_TOKEN]",
        "from https://[hidden]@index/simple, plain word",
        "The deploy failed: a [API_TOKEN]",
    ]
