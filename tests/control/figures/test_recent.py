from __future__ import annotations

from portico.control.figures.counts import NONE
from portico.control.figures.recent import MINUTES, STEP, Recent
from portico.figures import Requests

ONE = Requests(answers=(0, 1, 0, 0, 0), took=(1, *[0] * 12), seconds=0.5)
TWO = Requests(answers=(0, 2, 0, 0, 0), took=(2, *[0] * 12), seconds=1.0)
NOW = 1_000_000.0 * STEP


def test_the_last_minutes_are_summed_by_app() -> None:
    recent = Recent()
    assert recent.of_app(7, NOW) == NONE
    recent.take(NOW, {7: ONE, 8: ONE})
    recent.take(NOW + 5, {})
    recent.take(NOW + STEP, {7: ONE})
    assert recent.of_app(7, NOW + STEP) == TWO
    assert recent.of_app(8, NOW + STEP) == ONE
    assert recent.of_app(9, NOW + STEP) == NONE


def test_what_is_longer_ago_is_forgotten_looks_or_not() -> None:
    recent = Recent()
    recent.take(NOW, {7: ONE})
    recent.take(NOW + STEP, {7: ONE})
    later = NOW + MINUTES * 60
    assert recent.of_app(7, later - 1) == TWO
    assert recent.of_app(7, later) == ONE
    assert recent.of_app(7, later + STEP) == NONE
    recent.take(later, {})
    assert recent.of_app(7, NOW + STEP) == ONE


def test_a_clock_that_was_set_back_shows_nothing_of_the_future() -> None:
    recent = Recent()
    recent.take(NOW + 3600, {7: ONE})
    recent.take(NOW, {7: ONE})
    assert recent.of_app(7, NOW) == ONE
