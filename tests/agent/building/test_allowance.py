"""What an author is told of a build that used too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.agent.building.allowance import Allowance, allowance, amount
from portico.engines.engine import BoxEnd
from portico.engines.limits import Limits
from portico.settings import Settings

SMALL = Allowance(60, Limits(memory=256 << 20, pids=1024))
MEMORY = {
    "title": "The build used 256 MiB of memory and was stopped.",
    "detail": "That is all it may use, files in /tmp included; it was in its step `install`.",
    "hint": "Take packages that have wheels instead of compiling them, or let it do less at once; "
    "if it needs more memory, ask the operator to raise build_memory_bytes.",
}
TIME = {
    "title": "The build took too long.",
    "detail": "It was ended after 60 seconds, in its step `install`.",
    "hint": "Deploy again; if it needs more time, ask the operator to raise build_seconds.",
}
PROCESSES = {
    "title": "The build started too many processes.",
    "detail": "It may have 1,024 at once and was refused more, in its step `install`.",
    "hint": "Let it do less at once, with fewer parallel jobs for example; if it needs more "
    "processes, ask the operator to raise build_processes.",
}


def test_the_settings_are_the_allowance_of_a_build() -> None:
    assert allowance(Settings(data=Path("/data"))) == Allowance(
        1800, Limits(memory=4 << 30, pids=1024)
    )


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        (BoxEnd(137, "", out_of_memory=True), MEMORY),
        (BoxEnd(None, "", timed_out=True, out_of_memory=True), MEMORY),
        (BoxEnd(None, "", timed_out=True), TIME),
        (BoxEnd(None, "", timed_out=True, out_of_processes=True), TIME),
        (BoxEnd(1, "", out_of_processes=True), PROCESSES),
    ],
)
def test_the_first_cause_is_told(end: BoxEnd, problem: dict[str, str]) -> None:
    exceeded = SMALL.exceeded("install", end)
    assert exceeded is not None
    assert exceeded.as_dict() == problem


def test_a_step_that_could_do_without_more_processes_goes_on() -> None:
    assert SMALL.exceeded("install", BoxEnd(0, "", out_of_processes=True)) is None
    assert SMALL.exceeded("install", BoxEnd(1, "")) is None


def test_amounts_are_said_as_people_say_them() -> None:
    assert [amount(4 << 30), amount(1536 << 20), amount(100 << 20)] == [
        "4.0 GiB",
        "1.5 GiB",
        "100 MiB",
    ]
