"""No history of an app leaves it stuck, a name with two processes, or a restart without back-off."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portico.agent.reconciling.targets import desired
from portico.agent.supervision import Phase
from portico.wire import ProcessState
from tests.agent.histories import History

NUMBER = st.integers(0, 9)
EVENTS = st.one_of(
    st.tuples(st.just("go_on"), st.fixed_dictionaries({"number": NUMBER, "well": st.booleans()})),
    st.tuples(st.just("go_on"), st.fixed_dictionaries({"number": NUMBER})),
    st.tuples(st.just("die"), st.fixed_dictionaries({"number": NUMBER})),
    st.tuples(st.just("pass_time"), st.fixed_dictionaries({"seconds": st.floats(0, 100)})),
    st.tuples(
        st.just("scale"),
        st.fixed_dictionaries({"web": st.integers(0, 3), "worker": st.integers(0, 2)}),
    ),
    st.tuples(
        st.sampled_from(["deploy", "cancel", "restart", "web_hears", "lose_agent"]), st.just({})
    ),
)


def replay(happened: list[tuple[str, dict[str, Any]]]) -> History:
    history = History()
    for event, arguments in happened:
        getattr(history, event)(**arguments)
    return history


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_whatever_happened_an_app_comes_to_what_its_plan_wants(happened):
    history = replay([("deploy", {}), *happened])
    history.come_to_rest()
    state, plan = history.state, history.plan
    assert plan is not None
    assert state.serving == desired(plan, state)
    running = {p.name: p for p in state.processes.values()}
    assert len(running) == len(state.processes)
    assert {p.phase for p in running.values()} <= {Phase.RUNNING}
    assert set(running) == wanted(history)
    assert state.routed == frozenset(p.endpoint for p in running.values() if p.endpoint)


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENTS, max_size=40))
def test_whatever_happened_nothing_is_left_of_an_app_that_goes(happened):
    history = replay([("deploy", {}), *happened, ("destroy", {})])
    history.come_to_rest()
    assert history.removed
    assert history.state.processes == {}


def test_a_process_that_never_stays_up_is_started_ever_more_seldom():
    history = replay([("scale", {"web": 1, "worker": 0}), ("deploy", {})])
    history.come_to_rest()
    began, starts = history.now.steady, []
    for _ in range(12):
        history.die(0)
        history.come_to_rest()
        starts.append(history.now.steady - began)
    pauses = [round(later - sooner) for sooner, later in zip([0.0, *starts], starts, strict=False)]
    assert pauses == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


def test_a_clock_that_people_set_back_holds_up_no_restart():
    history = replay([("scale", {"web": 1, "worker": 0}), ("deploy", {})])
    history.come_to_rest()
    for _ in range(2):
        history.die(0)
        history.come_to_rest()
    history.die(0)
    history.pass_time(2.0)  # by which the other clock goes back 14 seconds
    history.come_to_rest()
    assert history.now.steady == 1003.0
    assert ProcessState.RUNNING in history.state.processes["web.1-" + last(history)].phase


def last(history: History) -> str:
    (handle,) = history.state.processes
    return handle.rpartition("-")[2]


def wanted(history: History) -> set[str]:
    if history.plan is None or history.state.serving is None:
        return set()
    formation = history.plan.formation
    return {f"{name}.{n}" for name, count in formation.items() for n in range(1, count + 1)}
