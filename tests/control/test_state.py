from __future__ import annotations

import pytest

from portico.control.state import AppState, state


@pytest.mark.parametrize(
    ("wanted", "reported", "expected"),
    [
        (0, {"running"}, AppState.STOPPED),
        (1, set(), AppState.STARTING),
        (1, {"starting"}, AppState.STARTING),
        (1, {"backoff"}, AppState.STARTING),
        (2, {"running", "crashed"}, AppState.RUNNING),
        (2, {"starting", "crashed"}, AppState.CRASHED),
    ],
)
def test_the_best_process_speaks_for_the_app(
    wanted: int, reported: set[str], expected: AppState
) -> None:
    assert state(wanted, reported) == expected
