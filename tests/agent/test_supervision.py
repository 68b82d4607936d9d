from hypothesis import given
from hypothesis import strategies as st

from portico.agent.supervision import LONGEST_PAUSE, STABLE_AFTER, Slot, pause
from tests.agent.plans import moment


def test_the_first_death_is_restarted_at_once_and_then_pauses_double_to_a_minute():
    assert [pause(n) for n in range(1, 10)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(min_value=0, max_value=10**9))
def test_no_pause_is_longer_than_the_longest(deaths: int):
    assert 0 <= pause(deaths) <= LONGEST_PAUSE


def test_a_crash_loop_shows_as_crashed():
    slot = Slot()
    for death in range(3):
        assert not slot.crashed
        slot = slot.after_death(moment(death), uptime=0, words="ended with code 1")
    last = moment(2)
    assert slot == Slot(3, 3, last.steady + 2, "ended with code 1", since=last.unix)
    assert slot.crashed


def test_a_process_that_was_stable_starts_its_history_anew():
    looping = Slot(deaths=9, restarts=9)
    after = looping.after_death(moment(100), uptime=STABLE_AFTER, words="ended with code 0")
    assert (after.deaths, after.restarts, after.next_start) == (1, 10, 100)
