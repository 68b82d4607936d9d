from __future__ import annotations

import pytest

from portico.control import presence


def test_the_agent_is_here_while_it_asks_and_shortly_after(monkeypatch: pytest.MonkeyPatch) -> None:
    agent, now = presence.Presence(), 1000.0
    monkeypatch.setattr(presence.time, "monotonic", lambda: now)
    assert not agent.is_here
    with agent.asking():
        now += 1000
        assert agent.is_here
    now += presence.GONE_AFTER - 1
    assert agent.is_here
    now += 2
    assert not agent.is_here
