from portico.agent.actions import (
    Action,
    AwaitReady,
    BuildSlug,
    CancelDeploy,
    CollectDisk,
    DialSession,
    DrainProcess,
    EndLogs,
    FailDeploy,
    KeepChecking,
    RemoveApp,
    RouteTo,
    RunReleaseCommand,
    StartProcess,
    StopProcess,
    Wake,
)
from portico.agent.observed import AppState, Progress, ReleaseCommand, Target
from portico.agent.reconciling.deploy import UNKNOWN_RESULT
from portico.agent.reconciling.reconcile import reconcile
from portico.agent.supervision import Phase, Slot
from portico.engines.engine import Endpoint
from portico.wire import AppPlan, Build, Deploy, DeployState, Liveness, Session, SessionKind
from tests.agent.plans import plan, process, release, state

V1, V2 = Target(1, 1), Target(2, 1)
NOW = 1000.0


def to_do(wanted: AppPlan | None, seen: AppState) -> list[Action]:
    """But for clean-ups of the disk, which have a test of their own."""
    return [a for a in reconcile(wanted, seen, NOW) if not isinstance(a, CollectDisk)]


def test_nothing_is_done_when_all_is_as_it_should_be():
    assert to_do(plan(current=release(1)), state(process(), serving=(1, 1))) == []


def test_an_app_without_a_release_gets_its_empty_route_and_no_more():
    fresh = state()
    fresh.routed = None
    assert to_do(plan(), fresh) == [RouteTo(frozenset(), None)]


def test_a_build_order_is_built():
    order = Build(id=3, source="0" * 64)
    assert to_do(plan(deploy=Deploy(id=5, build=order)), state()) == [BuildSlug(5, order)]


def test_a_finished_build_is_not_built_again_while_web_makes_the_release():
    order = Build(id=3, source="0" * 64)
    seen = state(progress=Progress(5, DeployState.BUILT))
    assert to_do(plan(deploy=Deploy(id=5, build=order)), seen) == []


def test_the_first_release_starts_its_web_processes_and_nothing_else():
    wanted = plan(deploy=Deploy(id=5, release=release(1)), formation={"web": 2, "worker": 1})
    assert to_do(wanted, state()) == [
        StartProcess("web.1", V1, release(1)),
        StartProcess("web.2", V1, release(1)),
    ]


def test_a_starting_process_of_a_rollout_is_asked_strictly():
    wanted = plan(deploy=Deploy(id=5, release=release(1)))
    seen = state(process(phase=Phase.STARTING))
    assert to_do(wanted, seen) == [AwaitReady("web.1-v1g1", release(1), strict=True)]


def test_a_new_release_starts_beside_the_old_which_goes_on_serving():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)))
    assert to_do(wanted, state(process(), serving=(1, 1))) == [
        StartProcess("web.1", V2, release(2))
    ]


def test_the_switch_waits_for_every_new_web_process():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)), formation={"web": 2})
    old = [process(), process("web.2")]
    half = state(
        *old, process(release=2), process("web.2", 2, phase=Phase.STARTING), serving=(1, 1)
    )
    assert to_do(wanted, half) == [AwaitReady("web.2-v2g1", release(2), strict=True)]
    new = [process(release=2), process("web.2", 2)]
    whole = state(*old, *new, serving=(1, 1))
    assert to_do(wanted, whole) == [RouteTo(frozenset(p.endpoint for p in new if p.endpoint), V2)]


def test_after_the_switch_the_old_web_drains_and_the_old_worker_stops_before_the_new_starts():
    wanted = plan(current=release(2), formation={"web": 1, "worker": 1})
    seen = state(process(), process("worker.1"), process(release=2), serving=(2, 1))
    assert to_do(wanted, seen) == [
        DrainProcess("web.1-v1g1"),
        StopProcess("worker.1-v1g1"),
    ]
    del seen.processes["worker.1-v1g1"]
    assert StartProcess("worker.1", V2, release(2)) in to_do(wanted, seen)


def test_a_process_that_still_gets_requests_is_not_drained():
    wanted = plan(current=release(1), formation={"web": 1})
    seen = state(process(), process("web.2"), serving=(1, 1))
    first = process()
    assert to_do(wanted, seen) == [RouteTo(frozenset({first.endpoint}), V1)]
    seen.routed = frozenset({first.endpoint})
    assert to_do(wanted, seen) == [DrainProcess("web.2-v1g1")]


def test_a_release_scaled_to_zero_goes_live_without_a_process():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)), formation={"web": 0})
    assert to_do(wanted, state(serving=(1, 1))) == [RouteTo(frozenset(), V2)]


def test_a_failed_release_is_stopped_and_not_tried_again():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)))
    failed = Progress(5, DeployState.FAILED)
    seen = state(
        process(),
        process(release=2, phase=Phase.STARTING),
        serving=(1, 1),
        progress=failed,
        failed=V2,
    )
    assert to_do(wanted, seen) == [StopProcess("web.1-v2g1")]
    del seen.processes["web.1-v2g1"]
    assert to_do(wanted, seen) == []


def test_the_release_command_runs_before_any_process_starts():
    candidate = release(2, release_command="migrate")
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=candidate))
    seen = state(process(), serving=(1, 1))
    assert to_do(wanted, seen) == [RunReleaseCommand(5, candidate, "migrate")]
    seen.progress = Progress(5, DeployState.RELEASING, ReleaseCommand.BEGUN)
    assert to_do(wanted, seen) == []
    seen.progress = Progress(5, DeployState.RELEASING, ReleaseCommand.DONE)
    assert to_do(wanted, seen) == [StartProcess("web.1", V2, candidate)]


def test_a_release_command_that_an_earlier_agent_began_fails_the_deploy():
    candidate = release(2, release_command="migrate")
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=candidate))
    seen = state(process(), serving=(1, 1), progress=Progress(5, command=ReleaseCommand.BEGUN))
    assert to_do(wanted, seen) == [FailDeploy(5, UNKNOWN_RESULT)]


def test_a_cancelled_deploy_is_ended_once_and_its_processes_stop():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2), cancel=True))
    seen = state(process(), process(release=2, phase=Phase.STARTING), serving=(1, 1))
    assert to_do(wanted, seen) == [CancelDeploy(5), StopProcess("web.1-v2g1")]
    del seen.processes["web.1-v2g1"]
    seen.progress = Progress(5, DeployState.CANCELLED)
    assert to_do(wanted, seen) == []


def test_a_restart_brings_up_a_new_generation_beside_the_old():
    wanted = plan(current=release(1), generation=2)
    assert to_do(wanted, state(process(), serving=(1, 1))) == [
        StartProcess("web.1", Target(1, 2), release(1))
    ]


def test_a_restart_that_failed_leaves_the_old_generation_serving():
    wanted = plan(current=release(1), generation=2)
    assert to_do(wanted, state(process(), serving=(1, 1), failed=Target(1, 2))) == []


def test_after_a_boot_the_current_release_serves_at_once_and_is_brought_up():
    wanted = plan(current=release(3), generation=2)
    booted = state()
    booted.routed = None
    target = Target(3, 2)
    assert to_do(wanted, booted) == [RouteTo(frozenset(), target)]
    booted.serving, booted.routed = target, frozenset()
    assert to_do(wanted, booted) == [StartProcess("web.1", target, release(3))]


def test_a_dead_web_process_leaves_the_router_and_is_started_again():
    wanted = plan(current=release(1))
    seen = state(process(), serving=(1, 1))
    seen.processes.clear()
    seen.slots["web.1"] = Slot(deaths=1, restarts=1, next_start=NOW)
    assert to_do(wanted, seen) == [
        StartProcess("web.1", V1, release(1)),
        RouteTo(frozenset(), V1),
    ]


def test_a_process_in_back_off_is_waited_for():
    wanted = plan(current=release(1))
    seen = state(serving=(1, 1), slots={"web.1": Slot(deaths=3, next_start=NOW + 2)})
    assert to_do(wanted, seen) == [Wake(NOW + 2)]


def test_a_short_back_off_does_not_wait_for_a_long_one():
    assert Wake(NOW + 2).key != Wake(NOW + 60).key


CHECKED = release(1, liveness=Liveness(path="/live"))


def test_what_serves_is_checked_when_its_app_asks_for_it():
    wanted = plan(current=CHECKED, formation={"web": 2, "worker": 1})
    starting = process("web.2", phase=Phase.STARTING)
    seen = state(process(), starting, process("worker.1"), serving=(1, 1))
    assert to_do(wanted, seen) == [
        KeepChecking("web.1-v1g1", CHECKED),
        AwaitReady("web.2-v1g1", CHECKED, strict=False),
    ]


def test_an_unhealthy_process_serves_until_another_of_its_name_answers():
    wanted = plan(current=CHECKED)
    ill = process(phase=Phase.UNHEALTHY)
    seen = state(ill, serving=(1, 1), routed=frozenset({ill.endpoint}))
    assert to_do(wanted, seen) == [StartProcess("web.1", V1, CHECKED)]
    other = process(handle="other", phase=Phase.STARTING)
    other.endpoint = Endpoint("127.0.0.1", 1)
    seen.processes["other"] = other
    assert to_do(wanted, seen) == [AwaitReady("other", CHECKED, strict=False)]
    other.phase = Phase.RUNNING
    assert to_do(wanted, seen) == [
        KeepChecking("other", CHECKED),
        RouteTo(frozenset({other.endpoint}), V1),
    ]
    seen.routed = frozenset({other.endpoint})
    assert to_do(wanted, seen) == [KeepChecking("other", CHECKED), DrainProcess(ill.handle)]


def test_the_place_of_an_unhealthy_process_is_taken_after_a_pause_when_it_is_one_of_many():
    wanted = plan(current=CHECKED)
    ill = process(phase=Phase.UNHEALTHY)
    slots = {"web.1": Slot(deaths=3, next_start=NOW + 2)}
    seen = state(ill, serving=(1, 1), routed=frozenset({ill.endpoint}), slots=slots)
    assert to_do(wanted, seen) == [Wake(NOW + 2)]


def test_of_two_that_an_agent_finds_under_one_name_the_younger_stays():
    wanted = plan(current=release(1))
    older, younger = process(), process(handle="younger")
    younger.started_at, younger.endpoint = 5.0, Endpoint("127.0.0.1", 1)
    seen = state(older, younger, serving=(1, 1))
    assert to_do(wanted, seen) == [RouteTo(frozenset({younger.endpoint}), V1)]
    seen.routed = frozenset({younger.endpoint})
    assert to_do(wanted, seen) == [DrainProcess(older.handle)]


def test_only_two_generations_may_drain():
    wanted = plan(current=release(4))
    drains = [process(release=n, phase=Phase.DRAINING) for n in (1, 2, 3)]
    seen = state(*drains, process(release=4), serving=(4, 1))
    assert to_do(wanted, seen) == [
        StopProcess("web.1-v1g1"),
        DrainProcess("web.1-v2g1"),
        DrainProcess("web.1-v3g1"),
    ]


def test_logs_of_an_agent_before_are_ended_but_for_that_of_a_deploy_that_goes_on():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)))
    seen = state(process(), process(release=2, phase=Phase.STARTING), serving=(1, 1))
    seen.logs_ended = False
    assert to_do(wanted, seen)[0] == EndLogs(but=5)
    seen.progress = Progress(5, DeployState.LIVE)
    assert to_do(wanted, seen)[0] == EndLogs(but=None)


def test_a_session_is_dialled_until_it_is_over():
    session = Session(id="s" * 16, kind=SessionKind.LOGS)
    wanted = plan(sessions=(session,))
    assert to_do(wanted, state()) == [DialSession(session)]
    assert to_do(wanted, state(ended_sessions={session.id})) == []


def test_disk_is_collected_when_what_is_needed_has_changed_and_no_deploy_is_under_way():
    wanted = plan(current=release(2), kept_builds=(2, 3))
    seen = state(
        process(), process(release=2), serving=(2, 1), releases={1: release(1), 2: release(2)}
    )
    assert CollectDisk((1, 2, 3)) in reconcile(wanted, seen, NOW)
    seen.collected = (1, 2, 3)
    assert CollectDisk((1, 2, 3)) not in reconcile(wanted, seen, NOW)
    del seen.processes["web.1-v1g1"]
    assert CollectDisk((2, 3)) in reconcile(wanted, seen, NOW)
    busy = wanted.model_copy(update={"deploy": Deploy(id=9)})
    assert CollectDisk((2, 3)) not in reconcile(busy, seen, NOW)


def test_a_removed_app_is_stopped_before_its_files_go():
    assert to_do(None, state(process(), serving=(1, 1))) == [StopProcess("web.1-v1g1")]
    assert to_do(None, state()) == [RemoveApp()]
