"""`portico limits`."""

from __future__ import annotations

import pytest

from portico.cli.limits import order
from portico.errors import PorticoError

GIB = 1 << 30
USUAL = {"memory": GIB, "cpu": None, "pids": 512, "files": 65_536}


def answer(**more):
    return 200, {"limits": {"web": USUAL, "run": USUAL}, "own": {}, "not_enforced": [], **more}


def test_the_words_are_an_app_a_type_and_changes():
    changes = {"memory": 2 * GIB}
    assert order((), None) == (None, "", {})
    assert order(("polls",), None) == ("polls", "", {})
    assert order(("web", "memory=2G"), None) == (None, "web", changes)
    assert order(("polls", "web", "memory=2G"), None) == ("polls", "web", changes)
    assert order(("web", "memory=2G"), "polls") == ("polls", "web", changes)
    assert order((), "polls") == ("polls", "", {})


@pytest.mark.parametrize(
    ("words", "app", "said"),
    [
        (
            ("polls", "web"),
            None,
            (
                "There is nothing to change for 'web'.",
                "After the process type comes NAME=VALUE, with a name of memory, cpu, pids, files.",
                "For example `portico limits APP web memory=2G`; without a type all are shown.",
            ),
        ),
        (
            ("memory=2G",),
            "polls",
            (
                "It is not said whose limit 'memory=2G' is.",
                "In front of it comes a process type, such as web.",
                "For example `portico limits APP web memory=2G`.",
            ),
        ),
        (
            ("memory=2G", "web"),
            None,
            (
                "`portico limits memory=2G web` was not understood.",
                "The app comes first, then a process type, then NAME=VALUE.",
                "For example `portico limits APP web memory=2G cpu=1.5`.",
            ),
        ),
    ],
)
def test_what_cannot_be_meant_is_explained(words, app, said):
    with pytest.raises(PorticoError) as error:
        order(words, app)
    assert (error.value.title, error.value.detail, error.value.hint) == said


def test_limits_are_shown_with_what_is_ones_own_and_what_is_not_kept(portico, stub):
    stub.add("polls")
    own = {"web": {**USUAL, "memory": 2 * GIB}, "run": USUAL}
    stub.answers["GET /apps/polls/limits"] = answer(
        limits=own, own={"web": {"memory": 2 * GIB}}, not_enforced=["memory", "cpu"]
    )
    result = portico("limits", "polls")
    assert result.code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["TYPE", "MEMORY", "CPU", "PIDS", "FILES"],
        ["web", "2.0", "GiB", "*", "all", "512", "65536"],
        ["run", "1.0", "GiB", "all", "512", "65536"],
    ]
    assert result.stderr == (
        "Not kept on this server: memory, cpu. The operator is told why by `portico server "
        "doctor`.\n"
    )


def test_limits_are_changed_and_it_is_said_whether_that_restarts(portico, stub):
    stub.add("polls")
    stub.answers["GET /apps/polls/limits"] = answer()
    stub.answers["PATCH /apps/polls/limits"] = answer(restarts=False)
    result = portico("limits", "polls", "web", "memory=2G", "cpu=default")
    assert result.stdout.splitlines()[-1] == "What runs has it now; no process was restarted."
    assert stub.only("PATCH", "/apps/polls/limits").json == {
        "web": {"memory": 2 * GIB, "cpu": None}
    }
    stub.answers["PATCH /apps/polls/limits"] = answer(restarts=True)
    result = portico("limits", "polls", "web", "files=100")
    assert result.stdout.splitlines()[-1] == "The processes of polls are being restarted with it."


def test_json_has_plain_numbers(portico, stub):
    stub.add("polls")
    stub.answers["GET /apps/polls/limits"] = answer()
    result = portico("limits", "polls", "--json")
    assert '"memory": 1073741824,' in result.stdout
