from portico.agent import state
from portico.agent.observed import AppState, Progress, ReleaseCommand, Target
from portico.layout import Layout
from portico.wire import DeployState, PathMode


def test_what_must_outlive_the_agent_does(tmp_path):
    layout = Layout(tmp_path)
    before = AppState(
        7,
        serving=Target(3, 2),
        progress=Progress(5, DeployState.RELEASING, ReleaseCommand.BEGUN),
        path_modes={3: PathMode.STRIP},
    )
    state.save(layout, before)
    after = state.load(layout, 7)
    assert after == AppState(
        7,
        serving=Target(3, 2),
        progress=Progress(5, DeployState.QUEUED, ReleaseCommand.BEGUN),
        path_modes={3: PathMode.STRIP},
    )


def test_no_state_or_a_torn_one_is_an_empty_one(tmp_path):
    layout = Layout(tmp_path)
    assert state.load(layout, 7) == AppState(7)
    layout.app(7).mkdir(parents=True)
    (layout.app(7) / "state.json").write_text('{"release": ')
    assert state.load(layout, 7) == AppState(7)
