"""What processes of an app may use, and what is said when they have used it up."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.agent import events
from portico.agent.actions import LimitProcess
from portico.agent.limits import (
    child_stopped,
    ended_at_start,
    limits_of,
    refused_processes,
    release_command_failed,
    words_of_end,
    words_of_exit,
)
from portico.agent.reconciling.reconcile import reconcile
from portico.agent.supervision import Phase
from portico.engines.engine import Answers, Exit, Probe
from portico.engines.fake.engine import FakeEngine
from portico.engines.limits import Limits, OutOfMemory
from portico.wire import Deploy, DeployState, Problem, ProcessLimits
from tests.agent.plans import moment, plan, process, release, state
from tests.agent.scene import Scene

pytestmark = pytest.mark.anyio
GIB = 1 << 30
SMALL = Limits(memory=GIB, pids=512)
OUT = Exit(137, OutOfMemory.ITS_OWN)
CROWDED = Exit(137, OutOfMemory.ALL_APPS)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class UsesUpItsMemory(FakeEngine):
    """Its processes are ended for that as soon as they are probed."""

    async def probe(self, handle: str, probe: Probe) -> Answers:
        """Too late."""
        self.end(handle, 137, OutOfMemory.ITS_OWN)
        return await super().probe(handle, probe)


def test_a_type_has_its_own_limits_or_the_usual_ones() -> None:
    own = plan(limits={"web": ProcessLimits(memory=2 * GIB), "release": ProcessLimits(pids=9)})
    assert limits_of(own, "web.2") == Limits(
        memory=2 * GIB, cpu_weight=100, cpus=None, pids=512, files=65_536
    )
    assert limits_of(own, "worker.1").memory == GIB
    assert [limits_of(own, name).pids for name in ("release.7", "postdeploy.7", "run.7")] == [
        9,
        9,
        512,
    ]


def test_a_running_process_is_given_its_new_limits_and_no_other_is_started() -> None:
    changed = plan(current=release(1), limits={"web": ProcessLimits(memory=2 * GIB)})
    serving = state(process(), serving=(1, 1))
    action = LimitProcess("web.1-v1g1", limits_of(changed, "web.1"))
    rest = reconcile(plan(current=release(1)), serving, 1000.0)
    done = reconcile(changed, serving, 1000.0)
    assert [each for each in done if each not in rest] == [action]
    events.limited(serving, action.handle, action.limits)
    assert reconcile(changed, serving, 1000.0) == rest


def test_other_open_files_are_for_processes_to_come() -> None:
    changed = plan(current=release(1), limits={"web": ProcessLimits(files=100)})
    serving = state(process(), serving=(1, 1))
    rest = reconcile(plan(current=release(1)), serving, 1000.0)
    assert reconcile(changed, serving, 1000.0) == rest


def test_the_end_for_memory_is_said_with_the_way_out() -> None:
    raising = "raise it with portico limits polls web memory=2G"
    assert words_of_end(OUT, "polls", "web.1", SMALL) == (
        f"used 1.0 GiB of 1.0 GiB and was stopped; {raising}"
    )
    assert words_of_end(CROWDED, "polls", "web.1", SMALL) == (
        "was stopped, because all apps together had used their memory; tell the operator of this "
        "server"
    )
    assert words_of_end(Exit(137), "polls", "web.1", SMALL) == "was ended by signal 9"
    assert child_stopped("polls", "web.1", SMALL, 1) == (
        f"web.1 used 1.0 GiB of 1.0 GiB. One of its processes was stopped; {raising}"
    )
    assert child_stopped("polls", "web.1", SMALL, 2) == (
        f"web.1 used 1.0 GiB of 1.0 GiB. 2 of its processes were stopped; {raising}"
    )
    assert refused_processes("polls", "web.1", SMALL) == (
        "web.1 has 512 of 512 processes and threads and was refused more; raise it with "
        "portico limits polls web pids=1024"
    )


def test_a_rollout_that_fails_for_memory_says_so() -> None:
    assert ended_at_start(Exit(1), "polls", "web.1", SMALL) is None
    assert ended_at_start(OUT, "polls", "web.1", SMALL) == Problem(
        title="The app ran out of memory at its start.",
        detail="web.1 used 1.0 GiB of 1.0 GiB and was stopped before it answered.",
        hint="Let it use less, or raise it with portico limits polls web memory=2G",
    )
    assert release_command_failed(Exit(1), "polls", "migrate", SMALL) is None
    assert release_command_failed(OUT, "polls", "migrate", SMALL) == Problem(
        title="The release command ran out of memory.",
        detail="`migrate` used 1.0 GiB of 1.0 GiB and was stopped.",
        hint="Let it use less, or raise it with portico limits polls release memory=2G",
    )


def test_what_serves_and_dies_for_memory_shows_it() -> None:
    serving = state(process(phase=Phase.RUNNING), serving=(1, 1), name="polls")
    events.ended(serving, "web.1-v1g1", OUT, moment(5))
    assert serving.slots["web.1"].last_exit == (
        "used 1.0 GiB of 1.0 GiB and was stopped; raise it with portico limits polls web memory=2G"
    )


def test_an_exit_in_words() -> None:
    assert words_of_exit(0) == "ended with code 0"
    assert words_of_exit(143) == "was ended by signal 15"
    assert words_of_exit(254) == "ended with code 254"
    assert words_of_exit(None) == "ended, nobody knows how"


async def test_other_limits_reach_the_engine_and_memory_used_up_reaches_web(tmp_path: Path) -> None:
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: scene.serves(1))
        first = scene.engine.handle_of("web.1")
        scene.web.set(plan(current=release(1), limits={"web": ProcessLimits(memory=2 * GIB)}))
        await scene.until(lambda: scene.engine.instances[first].limits.memory == 2 * GIB)
        scene.engine.end(first, 137, OutOfMemory.ITS_OWN)
        await scene.until(lambda: scene.serves(1) and first not in scene.engine.instances)
        words = (
            "used 2.0 GiB of 2.0 GiB and was stopped; raise it with portico limits polls web "
            "memory=4G"
        )
        await scene.until(lambda: scene.web.reports[-1].processes[0].last_exit == words)
        assert scene.logs.tail(7, "web.1", 5) == [f"Portico: web.1 {words}"]
        assert scene.engine.launches[-1].limits.memory == 2 * GIB


async def test_a_deploy_whose_processes_run_out_of_memory_fails_with_the_way_out(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, UsesUpItsMemory())
    async with scene.agent():
        scene.web.set(plan(deploy=Deploy(id=5, release=release(1))))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
        deploy = scene.web.reports[-1].deploy
        assert deploy is not None
        assert deploy.problem == ended_at_start(OUT, "polls", "web.1", SMALL)
