"""`portico system`."""

from __future__ import annotations

import json
from typing import Any

from portico.cli.output import local_time
from portico.client.documents import ExaminedPart
from portico.disk_use import merged
from tests.cli.stub import NOW
from tests.test_disk_use import CONTENTS, INVENTORY

SEEN = local_time(ExaminedPart(found_at=NOW).found_at)  # type: ignore[arg-type]
CHECKS = [
    {"name": "git", "on": True, "how": "", "needed": True},
    {"name": "user namespaces", "on": False, "how": "as root run sysctl.", "needed": False},
]
NOTHING: dict[str, Any] = {"found_at": None, "looking": False, "problem": None}
FOUND: dict[str, Any] = {
    "agent_here": True,
    "machine": {**NOTHING, "found_at": NOW, "as_root": True, "checks": CHECKS},
    "disk": {
        **NOTHING,
        "found_at": NOW,
        "use": {"data": "/srv/portico", **merged(CONTENTS, INVENTORY)},
    },
    "versions": {"Portico": "0.1.0", "Envoy": "1.40.0"},
}
PATH = "/server/examination"


def test_shows_versions_and_what_doctor_and_disk_show_on_the_server(portico, stub) -> None:
    stub.answers[f"GET {PATH}"] = (200, FOUND)
    done = portico("system")
    assert done.stdout.startswith(
        "PART     VERSION\n"
        "Portico  0.1.0\n"
        "Envoy    1.40.0\n"
        "\n"
        f"The machine, looked at {SEEN}:\n"
        "Running as root.\n"
        "on   git\n"
        "OFF  user namespaces\n"
        "       as root run sysctl.\n"
        "\n"
        f"The disk, looked at {SEEN}:\n"
        "APP    RELEASES  FILES   PACKAGES  DATA  LOGS  TOTAL\n"
        "polls  2         1.0 MB  18 B      4 B   5 B   1.0 MB\n"
    )
    assert done.stdout.endswith("6.0 MB in /srv/portico; 7.0 GB free on its disk.\n")
    assert (done.code, done.stderr) == (0, "")


def test_prints_all_of_it_for_scripts(portico, stub) -> None:
    stub.answers[f"GET {PATH}"] = (200, FOUND)
    assert json.loads(portico("system", "--json").stdout) == FOUND


def test_has_the_agent_look_anew_and_waits_for_it(portico, stub) -> None:
    machine = {**NOTHING, "looking": True, "as_root": None, "checks": None}
    stub.answers[f"POST {PATH}"] = (202, {**FOUND, "machine": machine})
    stub.answers[f"GET {PATH}"] = (200, FOUND)
    done = portico("system", "--again")
    assert "on   git\n" in done.stdout
    assert done.stderr == "The server's agent is looking.\n"
    assert stub.only("POST", PATH)


def test_says_what_is_not_known_and_why(portico, stub) -> None:
    problem = {"title": "The machine could not be examined.", "detail": "No space.", "hint": "Go."}
    stub.answers[f"GET {PATH}"] = (
        200,
        {
            "agent_here": False,
            "machine": {**NOTHING, "problem": problem, "as_root": None, "checks": None},
            "disk": {**NOTHING, "use": None},
            "versions": {"Portico": "0.1.0"},
        },
    )
    done = portico("system")
    assert done.stderr == (
        "The server's agent is away.\n"
        "What is shown is what it has said before.\n"
        "Next: Type `portico server status` on the server, which says whether it runs.\n"
        "The machine could not be examined.\n"
        "No space.\n"
        "Next: Go.\n"
        "The machine has not been looked at yet.\n"
        "The disk has not been looked at yet.\n"
    )
    assert done.stdout == "PART     VERSION\nPortico  0.1.0\n\n\n"
