"""The agent whole, with an engine in memory, and stand-ins for the two that lie behind sockets."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from portico.agent import state
from portico.agent.agent import PORTION
from portico.agent.app import App
from portico.agent.logs import Logs
from portico.agent.observed import AppState, Progress, ReleaseCommand, Target
from portico.engines.engine import Endpoint, Instance
from portico.engines.fake.engine import FakeEngine
from portico.engines.fake.failures import (
    CannotStart,
    ExitsAtStart,
    NeverReady,
    NoOneOffs,
    SlowToStart,
    SlowToStop,
)
from portico.settings import Settings
from portico.wire import (
    AppPlan,
    Build,
    Deploy,
    DeployState,
    Liveness,
    PlanDelta,
    ProcessState,
    Report,
)
from tests.agent.plans import plan, release
from tests.agent.scene import APP, RESULT, Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def first_deploy() -> AppPlan:
    return plan(deploy=Deploy(id=5, release=release(1)), drain_seconds=0)


def second_deploy() -> AppPlan:
    return plan(current=release(1), deploy=Deploy(id=6, release=release(2)), drain_seconds=0)


async def test_a_source_becomes_a_slug_and_a_release_becomes_live(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        order = Build(id=3, source="0" * 64)
        scene.web.set(plan(deploy=Deploy(id=5, build=order)))
        await scene.until(lambda: scene.web.deploy is DeployState.BUILT)
        assert scene.web.reports[-1].deploy.built == RESULT  # type: ignore[union-attr]
        scene.web.set(plan(deploy=Deploy(id=5, build=order, release=release(1))))
        await scene.until(lambda: scene.web.deploy is DeployState.LIVE)
        assert scene.serves(1)
    assert scene.builds.built == [3]


async def test_who_wants_to_know_how_the_machine_is_is_heard(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    scene.web.examine = True
    async with scene.agent():
        scene.web.set(first_deploy())
        await asyncio.wait_for(scene.examination_wanted.wait(), 60)


async def test_a_redeploy_never_leaves_the_router_without_an_endpoint(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        scene.web.set(first_deploy())
        await scene.until(lambda: scene.web.deploy is DeployState.LIVE)
        scene.web.set(plan(current=release(1), drain_seconds=0))
        switched = len(scene.routing.history)
        scene.web.set(second_deploy())
        await scene.until(lambda: scene.serves(2) and len(scene.engine.instances) == 1)
    assert all(scene.routing.history[switched:])


async def test_a_release_that_never_answers_changes_nothing_for_viewers(tmp_path: Path):
    old = Instance("old", APP, "web.1", 1, 1, 0.0, Endpoint("127.0.0.1", 4000), ready=True)
    for engine in (NeverReady([old]), ExitsAtStart([old]), CannotStart([old])):
        scene = Scene(tmp_path / type(engine).__name__, engine)
        state.save(scene.layout, AppState(APP, serving=Target(1, 1)))
        async with scene.agent():
            scene.web.set(second_deploy())
            await scene.until(lambda scene=scene: scene.web.deploy is DeployState.FAILED)
            await scene.until(lambda engine=engine: list(engine.instances) == ["old"])
            assert scene.routing.endpoints == {old.endpoint}
        assert ("stop", "old") not in engine.calls


async def test_what_runs_is_taken_over_without_web_and_nothing_is_started_twice(tmp_path: Path):
    engine = FakeEngine()
    before = Scene(tmp_path, engine)
    async with before.agent():
        before.web.set(plan(current=release(1)))
        await before.until(lambda: before.serves(1))
    after = Scene(tmp_path, engine)
    async with after.agent():
        await after.until(lambda: after.routing.endpoints == before.routing.endpoints)
    assert len(engine.launches) == 1


async def test_a_release_command_is_not_run_again_by_the_next_agent(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    begun = Progress(5, DeployState.RELEASING, ReleaseCommand.BEGUN)
    state.save(scene.layout, AppState(APP, progress=begun))
    async with scene.agent():
        candidate = release(1, release_command="migrate")
        scene.web.set(plan(deploy=Deploy(id=5, release=candidate)))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert scene.engine.launches == []


async def test_a_release_command_that_fails_starts_no_process(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        candidate = release(1, release_command="exit 3")
        scene.web.set(plan(deploy=Deploy(id=5, release=candidate)))
        await scene.until(lambda: scene.web.deploy is DeployState.FAILED)
    assert [launch.process for launch in scene.engine.launches] == ["release.1"]
    problem = scene.web.reports[-1].deploy.problem  # type: ignore[union-attr]
    assert problem is not None
    assert (problem.title, problem.detail, problem.hint) == (
        "The release command failed.",
        "`exit 3` ended with code 3; its output is in the deploy's log.",
        "Mend what it says and deploy again. Nothing has changed for viewers.",
    )


async def test_a_cancelled_build_ends_and_the_deploy_is_cancelled(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    scene.builds.gate.clear()
    async with scene.agent():
        order = Build(id=3, source="0" * 64)
        scene.web.set(plan(deploy=Deploy(id=5, build=order)))
        await scene.until(lambda: scene.web.deploy is DeployState.BUILDING)
        scene.web.set(plan(deploy=Deploy(id=5, build=order, cancel=True)))
        await scene.until(lambda: scene.web.deploy is DeployState.CANCELLED)
    assert scene.builds.built == []


async def test_a_process_that_dies_leaves_the_router_and_comes_back(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: scene.serves(1))
        first = scene.engine.handle_of("web.1")
        scene.engine.end(first, 1)
        await scene.until(lambda: scene.serves(1) and first not in scene.engine.instances)
    assert frozenset() in scene.routing.history[1:]
    assert scene.web.reports[-1].processes[0].restarts == 1


async def test_a_process_that_fails_its_check_is_replaced_while_it_serves(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent():
        checked = release(1, liveness=Liveness(path="/live", attempts=2))
        scene.web.set(plan(current=checked, drain_seconds=0))
        await scene.until(lambda: scene.serves(1))
        first, switched = scene.engine.handle_of("web.1"), len(scene.routing.history)
        await scene.until(lambda: ("check", f"{first} /polls/live") in scene.engine.calls)
        scene.engine.fail(first, "it answered 503.")
        await scene.until(lambda: first not in scene.engine.instances)
        await scene.until(lambda: len(scene.web.reports[-1].processes) == 1)
    assert all(scene.routing.history[switched:])
    states = [(p.state, p.restarts) for report in scene.web.reports for p in report.processes]
    assert (ProcessState.UNHEALTHY, 1) in states
    words = "failed its liveness check 2 times in a row: asked for /live, it answered 503."
    assert scene.web.reports[-1].processes[0].last_exit == words
    said = f"Portico: web.1 {words} Another process takes its place."
    assert scene.logs.tail(APP, "web.1", 1) == [said]


async def test_a_removed_app_is_stopped_before_its_files_go(tmp_path: Path):
    engine = SlowToStop()
    scene = Scene(tmp_path, engine)
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: scene.serves(1))
        scene.web.set(None)
        await scene.until(lambda: any(call == "stopping" for call, _ in engine.calls))
        assert ("remove_app", "7") not in engine.calls
        engine.let_go.set()
        await scene.until(lambda: ("remove_app", "7") in engine.calls)
    assert scene.routing.withdrawn


async def test_nothing_is_started_again_while_all_apps_are_ended(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    async with scene.agent() as agent:
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: scene.serves(1))
    await agent.end_apps()
    assert scene.engine.instances == {}
    assert len(scene.engine.launches) == 1


async def test_a_removed_app_ends_its_build_before_its_files_go(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    scene.builds.gate.clear()
    async with scene.agent():
        scene.web.set(plan(deploy=Deploy(id=5, build=Build(id=3, source="0" * 64))))
        await scene.until(lambda: scene.web.deploy is DeployState.BUILDING)
        scene.web.set(None)
        await scene.until(lambda: ("remove_app", "7") in scene.engine.calls)
        scene.builds.gate.set()
        await scene.until(lambda: scene.routing.withdrawn)
    assert scene.builds.built == []


async def test_a_process_that_was_being_started_when_its_app_went_is_ended(tmp_path: Path):
    engine = SlowToStart()
    scene = Scene(tmp_path, engine)
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: ("starting", "web.1") in engine.calls)
        scene.web.set(None)
        await scene.until(lambda: ("remove_app", "7") in engine.calls)
        engine.let_go.set()
    assert engine.instances == {}


async def test_a_removal_is_carried_out_by_the_next_agent(tmp_path: Path):
    engine = SlowToStop()
    before = Scene(tmp_path, engine)
    async with before.agent():
        before.web.set(plan(current=release(1)))
        await before.until(lambda: before.serves(1))
        before.web.set(None)
        await before.until(lambda: any(call == "stopping" for call, _ in engine.calls))
    engine.let_go.set()
    after = Scene(tmp_path, engine)
    async with after.agent():
        await after.until(lambda: ("remove_app", "7") in engine.calls)


async def test_a_postdeploy_script_that_cannot_be_run_ends_the_deploys_log(tmp_path: Path):
    scene = Scene(tmp_path, NoOneOffs())
    async with scene.agent():
        scene.web.set(plan(deploy=Deploy(id=5, release=release(1, postdeploy="greet"))))
        log = scene.logs.read(APP, deploy=5, follow=True)
        async with asyncio.timeout(20):
            lines = [line.text async for line in log]
    assert lines[-2:] == [
        "Warning: the postdeploy script could not be run: The fake engine makes none.",
        "v1 is live at http://portico.test:8000/polls/",
    ]


async def test_a_deploy_that_the_router_does_not_take_says_so(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    scene.routing.takes = False
    async with scene.agent():
        scene.web.set(plan(deploy=Deploy(id=5, release=release(1))))
        log = scene.logs.read(APP, deploy=5, follow=True)
        async with asyncio.timeout(20):
            lines = [line.text async for line in log]
    assert lines[-3:] == [
        "Warning: the router has not taken where v1 of polls answers, and may still send viewers to "
        "the processes of before.",
        "Ask the operator to look into logs/router.log in the data folder.",
        "v1 is live at http://portico.test:8000/polls/",
    ]


async def test_a_log_that_an_agent_before_left_open_is_ended(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    Logs(scene.layout, Settings(data=tmp_path)).deploy_line(APP, 5, "Running postdeploy script")
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        log = scene.logs.read(APP, deploy=5, follow=True)
        async with asyncio.timeout(20):
            lines = [line.text async for line in log]
    assert lines == [
        "Running postdeploy script",
        "Portico was restarted before this log was complete. What ran then is not run again.",
    ]


async def test_a_report_that_web_refuses_holds_up_no_other(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    web, other = scene.web, APP + 1
    take = web.report

    async def refuse(report: Report) -> None:
        if any(app.id == APP for app in report.apps):
            answer = httpx.Response(422, text="no", request=httpx.Request("POST", "http://web"))
            answer.raise_for_status()
        await take(report)

    web.report = refuse  # type: ignore[method-assign]
    async with scene.agent() as agent:
        wanted = plan(current=release(1))
        both = {APP: wanted, other: wanted.model_copy(update={"id": other, "name": "other"})}
        agent._take(PlanDelta(epoch="e", version=1, complete=True, apps=both))
        await scene.until(lambda: any(r.processes for r in web.reports if r.id == other))
    assert {report.id for report in web.reports} == {other}


async def test_web_is_told_of_many_apps_in_portions(tmp_path: Path):
    """Each is taken in a moment; then it learns that there are no others."""
    scene = Scene(tmp_path, FakeEngine())
    posted: list[Report] = []

    async def report(one: Report) -> None:
        posted.append(one)

    scene.web.report = report  # type: ignore[method-assign]
    ids = range(1, 2 * PORTION + 2)
    apps = {app_id: plan(id=app_id, name=f"app-{app_id}") for app_id in ids}
    async with scene.agent() as agent:
        agent._take(PlanDelta(epoch="e", version=1, complete=True, apps=apps))
        await scene.until(lambda: any(one.known is not None for one in posted))
    known = next(n for n, one in enumerate(posted) if one.known is not None)
    assert [len(one.apps) for one in posted[: known + 1]] == [PORTION, PORTION, 1, 0]
    assert posted[known].known == tuple(ids)


async def test_the_router_is_started_as_soon_as_its_files_can_be_written(tmp_path: Path):
    scene = Scene(tmp_path, FakeEngine())
    tries = []

    def begin() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    scene.routing.begin = begin  # type: ignore[method-assign]
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: len(tries) == 2)


async def test_an_old_process_that_dies_at_the_switch_is_no_failed_restart(tmp_path: Path):
    engine = FakeEngine()
    scene = Scene(tmp_path, engine)
    async with scene.agent():
        scene.web.set(plan(current=release(1)))
        await scene.until(lambda: scene.serves(1))
        old, send = engine.handle_of("web.1"), scene.routing.send

        async def send_and_end(
            app: App, target: Target | None, endpoints: Iterable[Endpoint]
        ) -> None:
            await send(app, target, endpoints)
            engine.end(old, 1)

        scene.routing.send = send_and_end  # type: ignore[method-assign]
        scene.web.set(plan(current=release(1), generation=2))
        await scene.until(lambda: scene.web.reports[-1].generation == 2)
        await scene.until(lambda: len(scene.web.reports[-1].processes) == 1)
    assert scene.web.reports[-1].problem is None
