"""Histories replayed with a clock of the test's own."""

from portico.agent import events
from portico.agent.observed import Progress, Target
from portico.agent.supervision import Phase
from portico.engines.engine import Endpoint, Exit, Instance
from portico.wire import Deploy, DeployState, Problem
from tests.agent.plans import moment, plan, process, release, state

PROBLEM = Problem(title="It broke.")


def test_a_web_process_starts_answers_drains_and_ends():
    app = state(serving=(1, 1))
    instance = Instance("h", 7, "web.1", 1, 1, 10.0, Endpoint("127.0.0.1", 4000), pid=99)
    phases = []
    events.started(app, instance, moment(10.0))
    phases.append(app.processes["h"].phase)
    events.ready(app, "h", moment(11.0))
    phases.append(app.processes["h"].phase)
    events.draining(app, "h", moment(12.0))
    phases.append(app.processes["h"].phase)
    events.stopping(app, "h", moment(13.0))
    phases.append(app.processes["h"].phase)
    assert phases == [Phase.STARTING, Phase.RUNNING, Phase.DRAINING, Phase.STOPPING]
    assert events.ended(app, "h", Exit(0), moment(14.0)) is None
    assert (app.processes, app.slots) == ({}, {})


def test_a_worker_runs_from_its_start():
    app = state()
    events.started(app, Instance("h", 7, "worker.1", 1, 1, 10.0), moment(10.0))
    assert app.processes["h"].phase is Phase.RUNNING


def test_an_unasked_end_of_what_serves_is_a_death():
    app = state(process(), serving=(1, 1))
    gone = events.ended(app, "web.1-v1g1", Exit(137), moment(5.0))
    assert gone is not None
    assert app.slots["web.1"].last_exit == "was ended by signal 9"
    assert app.slots["web.1"].deaths == 1


def test_an_end_in_a_rollout_is_no_death_of_what_serves():
    app = state(process(), process(release=2, phase=Phase.STARTING), serving=(1, 1))
    gone = events.ended(app, "web.1-v2g1", Exit(1), moment(5.0))
    assert gone is not None
    assert gone.target == Target(2, 1)
    assert app.slots == {}


def test_failing_a_check_is_a_death_that_counts_once():
    app = state(process(), serving=(1, 1))
    assert events.unhealthy(app, "web.1-v1g1", "failed its check", moment(5.0))
    assert app.processes["web.1-v1g1"].phase is Phase.UNHEALTHY
    assert not events.unhealthy(app, "web.1-v1g1", "failed its check", moment(6.0))
    assert events.ended(app, "web.1-v1g1", Exit(1), moment(7.0)) is None
    assert (app.slots["web.1"].deaths, app.slots["web.1"].last_exit) == (1, "failed its check")


def test_a_check_that_fails_when_something_else_serves_changes_nothing():
    app = state(process(), serving=(2, 1))
    assert not events.unhealthy(app, "web.1-v1g1", "failed its check", moment(5.0))
    assert app.slots == {}


def test_the_switch_makes_the_deploy_live_and_forgets_old_failures():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)))
    app = state(
        process(), serving=(1, 1), progress=Progress(5, DeployState.STARTING), problem=PROBLEM
    )
    events.routed(app, frozenset(), Target(2, 1), wanted)
    assert app.serving == Target(2, 1)
    assert app.problem is None
    assert app.progress == Progress(5, DeployState.LIVE)


def test_an_end_while_the_router_is_told_comes_too_late_to_fail_the_deploy():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)))
    app = state(
        process(), process(release=2), serving=(1, 1), progress=Progress(5, DeployState.STARTING)
    )
    events.switch_began(app, Target(2, 1))
    assert events.ended(app, "web.1-v2g1", Exit(1), moment(5.0)) is not None
    events.rollout_failed(app, wanted, Target(2, 1), PROBLEM)
    events.routed(app, frozenset(), Target(2, 1), wanted)
    assert app.progress == Progress(5, DeployState.LIVE)
    assert (app.serving, app.switching, app.failed) == (Target(2, 1), None, None)


def test_a_router_that_could_not_be_told_leaves_what_serves():
    app = state(process(), serving=(1, 1))
    events.switch_began(app, Target(2, 1))
    events.switch_given_up(app)
    assert (app.serving, app.switching) == (Target(1, 1), None)


def test_a_failed_rollout_of_a_deploy_is_the_deploys_failure_once():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)))
    app = state(process(), serving=(1, 1), progress=Progress(5, DeployState.STARTING))
    events.rollout_failed(app, wanted, Target(2, 1), PROBLEM)
    events.rollout_failed(app, wanted, Target(2, 1), Problem(title="Later."))
    assert app.progress == Progress(5, DeployState.FAILED, problem=PROBLEM)
    assert app.problem is None
    assert app.serving == Target(1, 1)


def test_a_failed_restart_is_told_as_the_apps_problem():
    wanted = plan(current=release(1), generation=2)
    app = state(process(), serving=(1, 1))
    events.rollout_failed(app, wanted, Target(1, 2), PROBLEM)
    assert (app.failed, app.problem) == (Target(1, 2), PROBLEM)


def test_a_switch_made_by_an_agent_that_died_is_reported_by_the_next():
    wanted = plan(current=release(1), deploy=Deploy(id=5, release=release(2)))
    app = state(process(release=2), serving=(2, 1))
    events.planned(app, wanted)
    assert app.progress == Progress(5, DeployState.LIVE)


def test_scaling_down_forgets_the_history_of_what_is_gone():
    app = state(serving=(1, 1))
    app.slot("web.1"), app.slot("web.2")
    events.planned(app, plan(current=release(1), formation={"web": 1}))
    assert list(app.slots) == ["web.1"]


def test_a_finished_deploy_does_not_change_again():
    app = state(progress=Progress(5, DeployState.LIVE))
    events.deploy_failed(app, PROBLEM)
    events.deploy_cancelled(app)
    events.deploy_began(app, DeployState.BUILDING)
    assert app.progress == Progress(5, DeployState.LIVE)
