from portico.supervisor.backoff import Backoff


def delays(uptimes: list[float]) -> list[float]:
    backoff, found = Backoff(), []
    for uptime in uptimes:
        backoff = backoff.ended(uptime)
        found.append(backoff.delay)
    return found


def test_at_once_then_a_second_doubling_to_thirty():
    assert delays([0.1] * 9) == [0, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_minute_up_clears_the_record():
    assert delays([0.1, 0.1, 0.1, 60.0, 0.1]) == [0, 1, 2, 0, 1]


def test_a_very_long_record_does_not_overflow():
    assert delays([0.0] * 5000)[-1] == 30
