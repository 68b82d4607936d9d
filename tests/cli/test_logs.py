"""`portico logs`."""

from __future__ import annotations

import json
import signal

from tests.cli.stub import BREAK, HOLD


def line(text: str, process: str = "web.1", second: int = 5) -> dict[str, str]:
    return {"time": f"2026-01-02T03:04:{second:02}Z", "process": process, "line": text}


def test_prints_lines_with_time_and_process(portico, stub):
    stub.streams["/apps/my-app/logs"] = [[line("hello"), line("\x1b[2J", "worker.1", 6)]]
    assert portico("logs", "my-app").stdout == (
        "2026-01-02 03:04:05 web.1 hello\n2026-01-02 03:04:06 worker.1 \\x1b[2J\n"
    )
    assert stub.only("GET", "/apps/my-app/logs").query == {"lines": "100"}


def test_asks_for_what_is_wanted(portico, stub):
    stub.streams["/apps/my-app/logs"] = [[]]
    assert portico("logs", "my-app", "-n", "7", "--process", "web.1").code == 0
    query = stub.only("GET", "/apps/my-app/logs").query
    assert query == {"lines": "7", "process": "web.1"}


def test_nothing_to_print_is_said_beside_it(portico, stub):
    stub.streams["/apps/my-app/logs"] = [[], []]
    result = portico("logs", "my-app")
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr == "my-app has written nothing yet.\n"
    assert portico("logs", "my-app", "--process", "web.9").stderr == (
        "web.9 has written nothing yet.\n"
    )


def test_an_object_a_line_for_scripts(portico, stub):
    stub.streams["/apps/my-app/logs"] = [[line("hello\u2028\x85 é")]]
    (found,) = portico("logs", "my-app", "--json").stdout.splitlines()
    assert json.loads(found) == line("hello\u2028\x85 é")


def test_the_builds_log_is_the_newest_deploys(portico, stub):
    stub.answers["GET /apps/my-app/deploys"] = (200, [stub.deploy("my-app", id=9)])
    lines = [{"time": None, "line": str(number)} for number in range(3)]
    path = "/apps/my-app/deploys/9/log"
    stub.streams[path] = [[*lines, {"deploy": stub.deploy("my-app")}] for _ in range(2)]
    assert portico("logs", "my-app", "--build").stdout == "0\n1\n2\n"
    assert portico("logs", "my-app", "--build", "-n", "1").stdout == "2\n"


def test_an_app_that_was_never_deployed_has_no_builds_log(portico, stub):
    stub.answers["GET /apps/my-app/deploys"] = (200, [])
    assert portico("logs", "my-app", "--build").stderr == (
        "my-app has not been deployed yet.\n"
        "There is no deploy that could have a log.\n"
        "Next: `portico deploy --app my-app` makes one.\n"
    )


def test_following_survives_a_break_and_ends_well_with_ctrl_c(child, stub):
    """No line is lost, none told twice, also when several bear one time."""
    first, second, third = line("one"), line("two"), line("three")
    stub.streams["/apps/my-app/logs"] = [
        [line("zero", second=1), first, None, second, BREAK],
        [line("zero", second=1), first, second, third, HOLD],
    ]
    process = child("logs", "my-app", "-f", "--json")
    assert process.stdout is not None
    found = [json.loads(process.stdout.readline())["line"] for _ in range(4)]
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout, stderr) == (0, b"", b"")
    assert found == ["zero", "one", "two", "three"]
    again = stub.queries("GET", "/apps/my-app/logs")[1]
    assert again.query == {"lines": "1000", "follow": "1"}


def test_a_reader_that_goes_away_ends_it_quietly(child, stub):
    stub.streams["/apps/my-app/logs"] = [[line("x" * 1000) for _ in range(1000)]]
    process = child("logs", "my-app")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=30) == 1
