"""Following logs over broken connections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.client import UnreachableError
from portico.client.documents import Deploy, DeployLine, LogLine
from portico.client.following import PAUSES, Seen, deploy_log, process_logs
from portico.errors import PorticoError
from tests.cli.stub import BREAK

START = datetime(2026, 1, 2, tzinfo=UTC)
PATH = "/apps/my-app/deploys/7/log"


def line(text: str, second: int = 0, process: str = "web.1") -> LogLine:
    return LogLine(time=START + timedelta(seconds=second), process=process, line=text)


def test_a_deploys_log_is_told_once_however_often_it_breaks(client, stub):
    lines = [{"time": None, "line": str(number)} for number in range(3)]
    stub.streams[PATH] = [
        [*lines[:1], BREAK],
        [*lines[:2]],
        [*lines, {"deploy": stub.deploy("my-app")}],
    ]
    deploy = Deploy.model_validate(stub.deploy("my-app", "building"))
    slept: list[float] = []
    *told, end = deploy_log(client, deploy, sleep=slept.append)
    assert [item.line for item in told if isinstance(item, DeployLine)] == ["0", "1", "2"]
    assert isinstance(end, Deploy)
    assert end.state == "live"
    assert slept == [PAUSES[0], PAUSES[0]]


def test_gives_up_after_too_many_breaks_in_a_row(client, stub):
    stub.streams[PATH] = [[BREAK] for _ in range(len(PAUSES) + 1)]
    deploy = Deploy.model_validate(stub.deploy("my-app", "building"))
    slept: list[float] = []
    with pytest.raises(UnreachableError):
        list(deploy_log(client, deploy, sleep=slept.append))
    assert slept == list(PAUSES)


def test_what_cannot_be_followed_at_all_is_told_at_once(client, stub):
    deploy = Deploy.model_validate(stub.deploy("gone", "building"))
    with pytest.raises(PorticoError, match="There is no app gone"):
        list(deploy_log(client, deploy, sleep=pytest.fail))


def test_an_app_that_is_destroyed_meanwhile_ends_the_log(client, stub):
    stub.streams["/apps/my-app/logs"] = [[line("one").as_json()]]
    found = process_logs(client, "my-app", process=None, lines=1, sleep=lambda _: None)
    assert next(found) == line("one")
    del stub.streams["/apps/my-app/logs"]
    with pytest.raises(PorticoError, match="There is no app my-app"):
        next(found)


LINES = st.lists(
    st.builds(line, st.sampled_from("ab"), st.integers(0, 3), st.sampled_from(["web.1", "web.2"])),
    max_size=12,
).map(lambda lines: sorted(lines, key=lambda each: each.time))


@given(lines=LINES, cut=st.integers(0, 12))
def test_a_repeated_log_adds_exactly_what_is_new(lines, cut):
    seen = Seen()
    for each in lines[:cut]:
        seen.add(each)
    replay = seen.replay()
    assert [each for each in lines if not replay.knows(each)] == lines[cut:]
