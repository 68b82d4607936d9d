"""`portico drains`."""

from __future__ import annotations

import json

import pytest

from portico.cli.drains import Order, chosen, parsed
from portico.client.documents import LogDrain
from portico.errors import PorticoError
from tests.cli.stub import NOW

SECRET = "hidden-value"
ADDRESS = f"https://me:{SECRET}@logs.example/{SECRET}"
SHOWN = "https://logs.example/..."


def drain(number=3, address=SHOWN, **more):
    seen = {"state": "delivering", "why": "", "sent": 12, "lost": 0}
    return {
        "id": number,
        "address": address,
        "headers": [],
        "created_at": NOW,
        **seen,
        **more,
    }


def test_the_words_are_an_app_a_verb_and_an_address():
    assert parsed((), None) == Order(None)
    assert parsed(("polls",), None) == Order("polls")
    assert parsed(("add", ADDRESS), None) == Order(None, "add", ADDRESS)
    assert parsed(("polls", "add", ADDRESS), None) == Order("polls", "add", ADDRESS)
    assert parsed(("add", "add", ADDRESS), None) == Order("add", "add", ADDRESS)
    assert parsed(("remove", "3"), "polls") == Order("polls", "remove", "3")


@pytest.mark.parametrize("words", [("polls", "add"), ("polls", "move", "3"), ("add", "x", "y")])
def test_what_cannot_be_meant_is_explained(words):
    with pytest.raises(PorticoError) as error:
        parsed(words, None)
    rest = " ".join(word for word in words if word != "polls")
    assert str(error.value) == (
        f"`portico drains {rest}` was not understood.\n"
        "After the app comes add or remove, then one address.\n"
        "For example `portico drains APP add syslog+tls://logs.example.com:6514`."
    )


def test_a_drain_is_chosen_by_its_number_or_by_its_whole_address():
    there = [LogDrain(id=3, address=SHOWN), LogDrain(id=4, address="syslog://logs.example:514")]
    assert chosen("3", there, "polls").id == 3
    assert chosen(ADDRESS, there, "polls").id == 3
    assert chosen(SHOWN, there, "polls").id == 3
    assert chosen("syslog://logs.example:514", there, "polls").id == 4
    twice = [*there, LogDrain(id=5, address=SHOWN)]
    for which, found, title in (
        (ADDRESS, twice, "It is not clear which log drain is meant."),
        ("9", there, "There is no such log drain."),
    ):
        with pytest.raises(PorticoError) as error:
            chosen(which, found, "polls")
        assert error.value.title == title
        assert f"polls has 3 ({SHOWN}), " in error.value.detail
        assert error.value.hint == "Name one by its number: portico drains polls remove ID"


def test_drains_are_shown_with_how_they_stand(portico, stub):
    stub.add("polls")
    failing = drain(4, "syslog://logs.example:514", state="failing", why="It is away.", lost=9)
    new = drain(5, "syslog://other.example:514", state=None, sent=None, lost=None)
    stub.answers["GET /apps/polls/drains"] = 200, [drain(), failing, new]
    result = portico("drains", "polls")
    assert result.code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["ID", "ADDRESS", "STATE", "SENT", "LOST"],
        ["3", SHOWN, "delivering", "12", "0"],
        ["4", "syslog://logs.example:514", "failing", "12", "9"],
        ["5", "syslog://other.example:514", "not", "known", "yet"],
    ]
    assert result.stderr == "4: It is away.\n"
    assert json.loads(portico("drains", "polls", "--json").stdout)[1] == failing
    stub.answers["GET /apps/polls/drains"] = 200, []
    assert portico("drains", "polls").stderr == "The log of polls is sent nowhere.\n"


def test_a_drain_is_added_with_headers(portico, stub):
    stub.add("polls")
    stub.answers["POST /apps/polls/drains"] = 201, drain()
    result = portico("drains", "polls", "add", ADDRESS, "--header", f"X-Key: {SECRET}")
    assert result.stdout == f"From now on the log of polls is sent to {SHOWN} (3).\n"
    assert stub.asked[-1].json == {"address": ADDRESS, "headers": {"X-Key": SECRET}}


def test_a_drain_is_removed_by_its_address(portico, stub):
    stub.add("polls")
    stub.answers["GET /apps/polls/drains"] = 200, [drain()]
    stub.answers["DELETE /apps/polls/drains/3"] = 204, None
    result = portico("drains", "polls", "remove", ADDRESS)
    assert result.stdout == f"The log of polls is sent to {SHOWN} no more.\n"
    assert (stub.asked[-1].method, stub.asked[-1].path) == ("DELETE", "/apps/polls/drains/3")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("add", ADDRESS, "--header", SECRET),
            "This is not a header.\nIt has no colon after a name.\n"
            "Next: For example --header 'Authorization: Bearer ...'.\n",
        ),
        (
            ("--header", "X-Key: k"),
            "--header says something of a drain that is being added.\n"
            "There is no `add` in this command.\n"
            "Next: To give a drain other headers, remove it and add it again.\n",
        ),
    ],
)
def test_headers_that_cannot_be_are_explained(portico, stub, words, said):
    stub.add("polls")
    result = portico("drains", "polls", *words)
    assert (result.code, result.stderr) == (1, said)
