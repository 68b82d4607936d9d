"""The lines that a drain has not taken yet."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from portico.log_drains.messages import Line
from portico.log_drains.waiting import AROUND, BATCH_LINES, Tally, Waiting, size


def lines(*numbers: int, text: str = "") -> list[Line]:
    """Their time is their number."""
    return [Line(f"{number:06}", "web.1", text or str(number)) for number in numbers]


def told(number: int, lost: int) -> Line:
    text = f"Portico: {lost} lines are missing here: this drain did not take them in time."
    return Line(f"{number:06}", "portico", text)


def test_lines_are_taken_in_their_order_and_counted_when_they_are_settled() -> None:
    waiting = Waiting(Tally())
    waiting.add(lines(1, 2, 3))
    assert waiting.take() == lines(1, 2, 3)
    waiting.add(lines(4))
    assert (len(waiting), waiting.tally) == (4, Tally())
    waiting.settle()
    assert (len(waiting), waiting.tally) == (1, Tally(sent=3, upto="000003"))


def test_a_batch_that_was_not_taken_comes_again_before_what_came_after_it() -> None:
    waiting = Waiting(Tally())
    waiting.add(lines(1, 2))
    assert waiting.take() == lines(1, 2)
    waiting.add(lines(3))
    waiting.give_back()
    assert waiting.take() == lines(1, 2, 3)


def test_the_oldest_go_when_there_are_too_many_and_the_drain_is_told_how_many() -> None:
    waiting = Waiting(Tally(), most=2 * (AROUND + 1))
    waiting.add(lines(1, 2, 3, 4, 5))
    assert (len(waiting), waiting.tally) == (2, Tally(lost=3, upto="000003"))
    assert waiting.take() == [told(4, 3), *lines(4, 5)]
    waiting.give_back()  # it has not heard
    assert waiting.take() == [told(4, 3), *lines(4, 5)]
    waiting.settle()
    assert waiting.tally == Tally(sent=2, lost=3, told=3, upto="000005")
    waiting.add(lines(6))
    assert waiting.take() == lines(6)


def test_of_a_batch_that_comes_back_the_oldest_go_too() -> None:
    waiting = Waiting(Tally(), most=2 * (AROUND + 1))
    waiting.add(lines(1, 2))
    waiting.take()
    waiting.add(lines(3, 4))
    assert waiting.tally.lost == 0
    waiting.give_back()
    assert (len(waiting), waiting.tally.lost) == (2, 2)
    assert waiting.take() == [told(3, 2), *lines(3, 4)]


def test_lines_of_one_moment_are_passed_together() -> None:
    waiting = Waiting(Tally())
    waiting.add(lines(1, *([2] * (BATCH_LINES + 1))))
    waiting.take()
    waiting.settle()
    assert waiting.tally.upto == "000001"
    waiting.take()
    waiting.settle()
    assert waiting.tally.upto == "000002"


STEPS = st.lists(
    st.one_of(st.lists(st.text(max_size=400), max_size=40), st.sampled_from(["taken", "refused"])),
    max_size=60,
)


@settings(deadline=None)
@given(STEPS, st.integers(AROUND + 2000, 20_000))
def test_no_line_is_counted_twice_or_not_at_all_and_memory_is_bounded(
    steps: list[list[str] | str], most: int
) -> None:
    waiting, came, arrived = Waiting(Tally(), most), [], []
    for step in steps:
        if isinstance(step, list):
            new = [Line(f"{len(came) + n:06}", "web.1", text) for n, text in enumerate(step)]
            came += new
            waiting.add(new)
        else:
            batch = [line for line in waiting.take() if line.process != "portico"]
            if step == "taken":
                arrived += batch
                waiting.settle()
            else:
                waiting.give_back()
        tally = waiting.tally
        assert tally.sent + tally.lost + len(waiting) == len(came)
        assert tally.sent == len(arrived)
        assert tally.told <= tally.lost
    rest = len(came) - len(waiting)
    assert sum(map(size, came[rest:])) <= most
    assert arrived == sorted(arrived)
    assert set(arrived) <= set(came)
    assert waiting.tally.upto == (came[rest - 1].time if rest else "")
