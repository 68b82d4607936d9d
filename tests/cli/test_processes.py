"""`portico ps`, `portico scale` and `portico restart`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portico.cli.processes import left_to_restart, left_to_scale, parsed
from portico.client.documents import Process
from tests.cli.stub import NOW, Stub

LATER = "2026-01-02T03:05:05Z"


def process(name: str = "web.1", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": "running",
        "pid": 42,
        "address": "10.0.0.2",
        "port": 8000,
        "release": 3,
        "restarts": 0,
        "since": NOW,
        "last_exit": None,
        "command": "gunicorn",
        "cpu": None,
        "memory": None,
        "memory_limit": None,
        **more,
    }


def documents(*processes: dict[str, Any]) -> list[Process]:
    return [Process.model_validate(each) for each in processes]


def later(stub: Stub, path: str, *answers: Any) -> None:
    """Answer a path differently each time it is asked; the last stays."""
    left = list(answers)
    before = stub._answer_to

    def answer(asked: Any) -> tuple[int, Any]:
        if (asked.method, asked.path) != ("GET", path):
            return before(asked)
        return 200, left.pop(0) if len(left) > 1 else left[0]

    stub._answer_to = answer  # type: ignore[method-assign]


def test_lists_processes(portico, stub):
    worker = process("worker.1", state="crashed", address=None, port=None, last_exit="code 1")
    used = {"cpu": 0.123, "memory": 300 << 20, "memory_limit": 1 << 30}
    stub.answers["GET /apps/my-app/processes"] = (200, [process(**used), worker])
    stub.streams["/apps/my-app/logs"] = [[]]
    assert portico("ps", "my-app").stdout == (
        "NAME      STATE    RELEASE  SINCE                RESTARTS  CPU  MEMORY              "
        "ADDRESS        PID  LAST EXIT\n"
        "web.1     running  v3       2026-01-02 03:04:05  0         12%  300 MiB of 1.0 GiB  "
        "10.0.0.2:8000  42\n"
        "worker.1  crashed  v3       2026-01-02 03:04:05  0                                  "
        "               42   code 1\n"
    )


def test_says_what_a_crashed_process_misses(portico, stub):
    worker = process("worker.1", state="crashed", last_exit="ended with code 1")
    stub.answers["GET /apps/my-app/processes"] = (200, [worker])
    text = "ModuleNotFoundError: No module named 'yaml'"
    written = {"time": "2026-01-02T03:04:05Z", "process": "worker.1", "line": text}
    stub.streams["/apps/my-app/logs"] = [[written]]
    assert portico("ps", "my-app").stderr == (
        "worker.1: The module yaml is missing: add pyyaml to the app's packages, and deploy "
        "again.\n"
    )


def test_lists_processes_for_scripts(portico, stub):
    stub.answers["GET /apps/my-app/processes"] = (200, [process()])
    assert json.loads(portico("ps", "my-app", "--json").stdout) == [process()]


@pytest.mark.parametrize(
    ("processes", "command"),
    [
        ({"clock": "python tick.py", "web": "gunicorn x"}, "portico scale my-app web=1"),
        ({"bot": "python bot.py"}, "portico scale my-app bot=1"),
    ],
)
def test_no_processes_is_said_beside_the_empty_result(portico, stub, processes, command):
    stub.add("my-app", processes=processes)
    stub.answers["GET /apps/my-app/processes"] = (200, [])
    result = portico("ps", "my-app")
    assert (result.stdout, result.stderr) == (
        "",
        f"my-app has no processes. `{command}` starts one.\n",
    )


def test_an_app_that_never_was_live_is_not_to_be_scaled(portico, stub):
    stub.answers["GET /apps/new/processes"] = (200, [])
    stub.add("new", release=None)
    assert portico("ps", "new").stderr == (
        "new has no processes: no deploy of it has gone live. Deploy it: portico deploy --app new\n"
    )


def test_what_has_no_equals_sign_is_the_app():
    assert parsed(("my-app", "web=2"), None) == ("my-app", {"web": 2})
    assert parsed(("web=2", "worker=0"), None) == (None, {"web": 2, "worker": 0})
    assert parsed(("web=2",), "my-app") == ("my-app", {"web": 2})
    assert parsed((), None) == (None, {})


def test_shows_the_formation(portico, stub):
    stub.answers["GET /apps/my-app/formation"] = (200, {"web": 1, "worker": 0})
    assert portico("scale", "my-app").stdout == "web=1\nworker=0\n"
    assert json.loads(portico("scale", "my-app", "--json").stdout) == {"web": 1, "worker": 0}


def test_scales_and_waits_until_it_is_so(portico, stub):
    stub.add("my-app")
    stub.answers["PATCH /apps/my-app/formation"] = (200, {"web": 2})
    starting = process("web.2", state="starting")
    later(
        stub,
        "/apps/my-app/processes",
        [process()],
        [process()],
        [process(), starting],
        [process(), process("web.2")],
    )
    result = portico("scale", "my-app", "web=2")
    assert (result.code, result.stdout) == (0, "web=2\n")
    assert stub.only("PATCH", "/apps/my-app/formation").json == {"web": 2}
    assert len(stub.queries("GET", "/apps/my-app/processes")) == 4


def test_a_process_that_crashes_meanwhile_is_an_error(portico, stub):
    stub.add("my-app")
    stub.answers["PATCH /apps/my-app/formation"] = (200, {"web": 1, "worker": 1})
    crashed = process("worker.1", state="crashed", last_exit="exit code 1")
    later(stub, "/apps/my-app/processes", [process()], [process(), crashed])
    stub.streams["/apps/my-app/logs"] = [[]]
    result = portico("scale", "my-app", "worker=1")
    assert result.code == 1
    assert result.stderr == (
        "Scaling my-app\n"
        "A process of my-app has crashed.\n"
        "worker.1: exit code 1.\n"
        "Next: Read its last lines: `portico logs my-app --process worker.1`.\n"
    )


def test_an_app_without_a_release_is_only_scaled(portico, stub):
    stub.add("my-app", release=None)
    stub.answers["GET /apps/my-app/processes"] = (200, [])
    stub.answers["PATCH /apps/my-app/formation"] = (200, {"web": 2})
    assert portico("scale", "my-app", "web=2").code == 0


def test_a_count_that_is_none_is_an_error(portico, stub):
    assert portico("scale", "my-app", "web=many").stderr == (
        "'web=many' is not a number of processes.\n"
        "It is written TYPE=COUNT, with a type of the Procfile and a whole number.\n"
        "Next: For example `portico scale web=2 worker=1`.\n"
    )


def test_restarts_and_waits_for_the_new_processes(portico, stub):
    stub.add("my-app")
    stub.answers["POST /apps/my-app/restarts"] = (202, {"generation": 2})
    later(
        stub,
        "/apps/my-app/processes",
        [process()],
        [process()],
        [process(since=LATER, state="starting")],
        [process(since=LATER)],
    )
    result = portico("restart", "my-app")
    assert (result.code, result.stdout) == (0, "Restarted my-app.\n")
    assert len(stub.queries("GET", "/apps/my-app/processes")) == 4


def test_a_restart_that_does_not_take_is_an_error(portico, stub):
    problem = {
        "title": "The app ended at its start.",
        "detail": "The web process ended with code 1 before it answered.",
        "hint": "Mend it and deploy again.",
    }
    stub.add("my-app", problem=problem)
    stub.answers["POST /apps/my-app/restarts"] = (202, {"generation": 2})
    stub.answers["GET /apps/my-app/processes"] = (200, [process()])
    result = portico("restart", "my-app")
    assert (result.code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "The app ended at its start.\n"
        "The web process ended with code 1 before it answered.\n"
        "Next: Mend it and deploy again.\n"
    )


def test_an_app_without_processes_has_nothing_to_restart(portico, stub):
    stub.answers["GET /apps/my-app/processes"] = (200, [])
    stub.answers["POST /apps/my-app/restarts"] = (202, {"generation": 2})
    assert portico("restart", "my-app").stdout == "my-app has no processes to restart.\n"


def test_what_had_crashed_before_does_not_fail_the_restart(portico, stub):
    stub.add("my-app")
    stub.answers["POST /apps/my-app/restarts"] = (202, {"generation": 2})
    crashed = process(state="crashed")
    later(stub, "/apps/my-app/processes", [crashed], [crashed], [process(since=LATER)])
    assert portico("restart", "my-app").code == 0


def test_scaling_is_done_when_all_of_a_type_run_and_none_is_left_over():
    two = documents(process(), process("web.2"), process("web-2.1"))
    assert left_to_scale(two, {"web": 2}) == []
    assert left_to_scale(two, {"web": 1}) == ["2 of 1 web processes are running"]
    assert left_to_scale(two, {"worker": 0}) == []
    draining = documents(process(), process("web.2", state="stopping"))
    assert left_to_scale(draining, {"web": 1}) == []


def test_a_restart_is_done_when_all_names_run_since_another_time():
    before = documents(process(), process("web.2"))
    new = [process(since=LATER), process("web.2", since=LATER)]
    assert left_to_restart(documents(new[0]), before) == ["web.2 does not run anew"]
    assert left_to_restart(documents(*new), before) == []
    assert left_to_restart(documents(process(), *new), before) == ["web.1 does not run anew"]
    draining = process(state="stopping", since=LATER)
    assert left_to_restart(documents(draining, *new), before) == []
    leaving = documents(process(), process("web.2", state="stopping"))
    assert left_to_restart(documents(process(since=LATER)), leaving) == []
