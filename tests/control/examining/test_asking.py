from __future__ import annotations

import pytest

from portico.control.examining import asking as module
from portico.control.examining.asking import AGAIN, Asking
from portico.examination import Part


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_the_agent_is_told_once(clock: list[float]) -> None:
    asking = Asking()
    assert not asking.take()
    asking.ask()
    assert [asking.take(), asking.take()] == [True, False]
    assert all(asking.is_missing(part) for part in Part)


def test_while_it_is_at_it_once_is_enough(clock: list[float]) -> None:
    asking = Asking()
    asking.ask()
    asking.take()
    asking.told([Part.MACHINE])
    asking.ask()
    assert not asking.take()
    assert [asking.is_missing(part) for part in Part] == [False, True]
    asking.told([Part.DISK])
    asking.ask()
    assert asking.take()


def test_an_agent_that_may_have_ended_on_the_way_is_asked_again(clock: list[float]) -> None:
    asking = Asking()
    asking.ask()
    asking.take()
    clock[0] += AGAIN
    asking.ask()
    assert asking.take()
