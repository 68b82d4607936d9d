"""The last look, as pages find it."""

from __future__ import annotations

import pytest

from portico.control.figures import latest as module
from portico.control.figures.latest import FRESH, Latest
from portico.figures import AppFigures, Figures, LogDrainFigures, ProcessFigures

SEEN = ProcessFigures(handle="7-web.1-a", name="web.1", cpu=0.5, memory=1 << 20)


def test_a_look_replaces_the_one_before() -> None:
    latest = Latest()
    assert latest.of_app(7) == {}
    latest.take(Figures(time=1, apps=(AppFigures(id=7, processes=(SEEN,)),)))
    assert (latest.of_app(7), latest.of_app(8)) == ({"7-web.1-a": SEEN}, {})
    latest.take(Figures(time=2))
    assert latest.all() == {}


def test_log_drains_are_found_by_their_numbers() -> None:
    latest, seen = Latest(), LogDrainFigures(id=3, state="failing", why="It is away.", lost=5)
    assert latest.log_drains(7) == {}
    latest.take(Figures(time=1, apps=(AppFigures(id=7, log_drains=(seen,)),)))
    assert (latest.log_drains(7), latest.log_drains(8)) == ({3: seen}, {})


def test_an_old_look_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    latest, now = Latest(), 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    latest.take(Figures(time=1, apps=(AppFigures(id=7, processes=(SEEN,)),)))
    now += FRESH - 1
    assert latest.of_app(7) != {}
    now += 2
    assert latest.of_app(7) == {}
