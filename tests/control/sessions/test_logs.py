from __future__ import annotations

from typing import Any

from portico.control.sessions.logs import Seen


def line(time: str, text: str, process: str = "web.1") -> dict[str, Any]:
    return {"time": time, "process": process, "line": text}


def test_of_lines_that_bear_one_time_those_that_were_not_told_are_new() -> None:
    written = [line("1", "a"), line("2", "b"), line("2", "c"), line("2", "d"), line("3", "e")]
    seen = Seen()
    for one in written[:3]:
        seen.add(one)
    assert [one for one in written if not seen.knows(one)] == written[3:]


def test_each_process_has_a_time_of_its_own() -> None:
    seen = Seen()
    seen.add(line("2", "a"))
    assert not seen.knows(line("1", "b", "worker.1"))
    assert seen.knows(line("1", "before"))
