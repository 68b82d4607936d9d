from portico.agent.actions import (
    AwaitReady,
    BuildSlug,
    CancelDeploy,
    CollectDisk,
    DialSession,
    DrainProcess,
    FailDeploy,
    RemoveApp,
    RouteTo,
    RunReleaseCommand,
    StartProcess,
    StopProcess,
    Wake,
)
from portico.agent.observed import Progress, ReleaseCommand, Target
from portico.agent.reconcile import UNKNOWN_RESULT, reconcile
from portico.agent.supervision import Phase, Slot
from portico.wire import Build, Deploy, DeployState, Session, SessionKind
from tests.agent.plans import plan, process, release, state

V1, V2 = Target(1, 1), Target(2, 1)
NOW = 1000.0


def test_nothing_is_done_when_all_is_as_it_should_be():
    assert reconcile(plan(current=release(1)), state(process(), serving=(1, 1)), NOW) == []


def test_an_app_without_a_release_gets_its_empty_route_and_no_more():
    fresh = state()
    fresh.routed = None
    assert reconcile(plan(), fresh, NOW) == [RouteTo(frozenset(), None)]


def test_a_build_order_is_built():
    order = Build(id=3, source="0" * 64)
    assert reconcile(plan(deploy=Deploy(id=5, build=order)), state(), NOW) == [BuildSlug(5, order)]


def test_a_finished_build_is_not_built_again_while_web_makes_the_release():
    order = Build(id=3, source="0" * 64)
    seen = state(progress=Progress(5, DeployState.BUILT))
    assert reconcile(plan(deploy=Deploy(id=5, build=order)), seen, NOW) == []


def test_the_first_release_starts_its_web_processes_and_nothing_else():
    wanted = plan(deploy=Deploy(id=5, release=release(1)), formation={"web": 2, "worker": 1})
    assert reconcile(wanted, state(), NOW) == [
        StartProcess("web.1", V1, release(1)),
        StartProcess("web.2", V1, release(1)),
    ]


def test_a_starting_process_of_a_rollout_is_asked_strictly():
    wanted = plan(deploy=Deploy(id=5, release=release(1)))
    seen = state(process(phase=Phase.STARTING))
    assert reconcile(wanted, seen, NOW) == [AwaitReady("web.1-v1g1", release(1), strict=True)]


def test_a_new_release_starts_beside_the_old_which_goes_on_serving():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)))
    assert reconcile(wanted, state(process(), serving=(1, 1)), NOW) == [
        StartProcess("web.1", V2, release(2))
    ]


def test_the_switch_waits_for_every_new_web_process():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)), formation={"web": 2})
    old = [process(), process("web.2")]
    half = state(
        *old, process(release=2), process("web.2", 2, phase=Phase.STARTING), serving=(1, 1)
    )
    assert reconcile(wanted, half, NOW) == [AwaitReady("web.2-v2g1", release(2), strict=True)]
    new = [process(release=2), process("web.2", 2)]
    whole = state(*old, *new, serving=(1, 1))
    assert reconcile(wanted, whole, NOW) == [
        RouteTo(frozenset(p.endpoint for p in new if p.endpoint), V2)
    ]


def test_after_the_switch_the_old_web_drains_and_the_old_worker_stops_before_the_new_starts():
    wanted = plan(current=release(2), formation={"web": 1, "worker": 1})
    seen = state(process(), process("worker.1"), process(release=2), serving=(2, 1))
    assert reconcile(wanted, seen, NOW) == [
        DrainProcess("web.1-v1g1"),
        StopProcess("worker.1-v1g1"),
    ]
    del seen.processes["worker.1-v1g1"]
    assert StartProcess("worker.1", V2, release(2)) in reconcile(wanted, seen, NOW)


def test_a_process_that_still_gets_requests_is_not_drained():
    wanted = plan(current=release(1), formation={"web": 1})
    seen = state(process(), process("web.2"), serving=(1, 1))
    first = process()
    assert reconcile(wanted, seen, NOW) == [RouteTo(frozenset({first.endpoint}), V1)]
    seen.routed = frozenset({first.endpoint})
    assert reconcile(wanted, seen, NOW) == [DrainProcess("web.2-v1g1")]


def test_a_release_scaled_to_zero_goes_live_without_a_process():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)), formation={"web": 0})
    assert reconcile(wanted, state(serving=(1, 1)), NOW) == [RouteTo(frozenset(), V2)]


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
    assert reconcile(wanted, seen, NOW) == [StopProcess("web.1-v2g1")]
    del seen.processes["web.1-v2g1"]
    assert reconcile(wanted, seen, NOW) == []


def test_the_release_command_runs_before_any_process_starts():
    candidate = release(2, release_command="migrate")
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=candidate))
    seen = state(process(), serving=(1, 1))
    assert reconcile(wanted, seen, NOW) == [RunReleaseCommand(5, candidate, "migrate")]
    seen.progress = Progress(5, DeployState.RELEASING, ReleaseCommand.BEGUN)
    assert reconcile(wanted, seen, NOW) == []
    seen.progress = Progress(5, DeployState.RELEASING, ReleaseCommand.DONE)
    assert reconcile(wanted, seen, NOW) == [StartProcess("web.1", V2, candidate)]


def test_a_release_command_that_an_earlier_agent_began_fails_the_deploy():
    candidate = release(2, release_command="migrate")
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=candidate))
    seen = state(process(), serving=(1, 1), progress=Progress(5, command=ReleaseCommand.BEGUN))
    assert reconcile(wanted, seen, NOW) == [FailDeploy(5, UNKNOWN_RESULT)]


def test_a_cancelled_deploy_is_ended_once_and_its_processes_stop():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2), cancel=True))
    seen = state(process(), process(release=2, phase=Phase.STARTING), serving=(1, 1))
    assert reconcile(wanted, seen, NOW) == [CancelDeploy(5), StopProcess("web.1-v2g1")]
    del seen.processes["web.1-v2g1"]
    seen.progress = Progress(5, DeployState.CANCELLED)
    assert reconcile(wanted, seen, NOW) == []


def test_a_restart_brings_up_a_new_generation_beside_the_old():
    wanted = plan(current=release(1), generation=2)
    assert reconcile(wanted, state(process(), serving=(1, 1)), NOW) == [
        StartProcess("web.1", Target(1, 2), release(1))
    ]


def test_a_restart_that_failed_leaves_the_old_generation_serving():
    wanted = plan(current=release(1), generation=2)
    assert reconcile(wanted, state(process(), serving=(1, 1), failed=Target(1, 2)), NOW) == []


def test_after_a_boot_the_current_release_serves_at_once_and_is_brought_up():
    wanted = plan(current=release(3), generation=2)
    booted = state()
    booted.routed = None
    target = Target(3, 2)
    assert reconcile(wanted, booted, NOW) == [RouteTo(frozenset(), target)]
    booted.serving, booted.routed = target, frozenset()
    assert reconcile(wanted, booted, NOW) == [StartProcess("web.1", target, release(3))]


def test_a_dead_web_process_leaves_the_router_and_is_started_again():
    wanted = plan(current=release(1))
    seen = state(process(), serving=(1, 1))
    seen.processes.clear()
    seen.slots["web.1"] = Slot(deaths=1, restarts=1, next_start=NOW)
    assert reconcile(wanted, seen, NOW) == [
        StartProcess("web.1", V1, release(1)),
        RouteTo(frozenset(), V1),
    ]


def test_a_process_in_back_off_is_waited_for():
    wanted = plan(current=release(1))
    seen = state(serving=(1, 1), slots={"web.1": Slot(deaths=3, next_start=NOW + 2)})
    assert reconcile(wanted, seen, NOW) == [Wake(NOW + 2)]


def test_a_short_back_off_does_not_wait_for_a_long_one():
    assert Wake(NOW + 2).key != Wake(NOW + 60).key


def test_only_two_generations_may_drain():
    wanted = plan(current=release(4))
    drains = [process(release=n, phase=Phase.DRAINING) for n in (1, 2, 3)]
    seen = state(*drains, process(release=4), serving=(4, 1))
    assert reconcile(wanted, seen, NOW) == [
        StopProcess("web.1-v1g1"),
        DrainProcess("web.1-v2g1"),
        DrainProcess("web.1-v3g1"),
    ]


def test_a_session_is_dialled_until_it_is_over():
    session = Session(id="s" * 16, kind=SessionKind.LOGS)
    wanted = plan(sessions=(session,))
    assert reconcile(wanted, state(), NOW) == [DialSession(session)]
    assert reconcile(wanted, state(ended_sessions={session.id}), NOW) == []


def test_disk_is_collected_when_what_is_kept_has_changed_and_no_deploy_is_under_way():
    wanted = plan(current=release(1), kept_builds=(1,))
    seen = state(process(), serving=(1, 1))
    assert reconcile(wanted, seen, NOW) == [CollectDisk((1,))]
    assert reconcile(wanted.model_copy(update={"deploy": Deploy(id=9)}), seen, NOW) == []


def test_a_removed_app_is_stopped_before_its_files_go():
    assert reconcile(None, state(process(), serving=(1, 1)), NOW) == [StopProcess("web.1-v1g1")]
    assert reconcile(None, state(), NOW) == [RemoveApp()]
