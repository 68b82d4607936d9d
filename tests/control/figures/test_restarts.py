from __future__ import annotations

from portico.control.figures.restarts import restarts_between
from portico.wire import ProcessReport, ProcessState


def process(name: str, restarts: int) -> ProcessReport:
    state = ProcessState.RUNNING
    return ProcessReport(name=name, state=state, release=1, since=1.0, restarts=restarts)


def test_restarts_are_those_that_came_since_the_report_before() -> None:
    assert restarts_between([], [process("web.1", 2)]) == 2
    assert restarts_between([process("web.1", 2)], [process("web.1", 5)]) == 3
    # A new release begins at none, and a process that was scaled away takes none back.
    assert restarts_between([process("web.1", 2)], [process("web.1", 0)]) == 0
    assert restarts_between([process("web.1", 2), process("web.2", 4)], [process("web.1", 3)]) == 1
    both = [process("web.1", 2), process("web.1", 0)]
    assert restarts_between(both, both[::-1]) == 0
