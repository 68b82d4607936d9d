"""`portico tokens`."""

from __future__ import annotations

import json

import pytest

from tests.cli.stub import NOW

TOKEN = {
    "id": 4,
    "name": "ci",
    "user": "alice",
    "app": "polls",
    "read_only": True,
    "metrics": False,
    "created_at": NOW,
    "expires_at": "2026-02-03T04:05:06Z",
    "expired": False,
    "last_used_at": None,
}


@pytest.fixture(autouse=True)
def answers(stub):
    other = {"app": None, "read_only": False, "last_used_at": NOW}
    stub.answers |= {
        "GET /tokens": (200, [TOKEN, TOKEN | other | {"expires_at": None}]),
        "POST /tokens": (201, TOKEN | {"token": "portico_secret"}),
        "DELETE /tokens/4": (204, None),
    }


def test_lists_what_each_is_good_for(portico):
    lines = [line.split("  ") for line in portico("tokens").stdout.splitlines()]
    assert [[cell.strip() for cell in line if cell] for line in lines] == [
        ["ID", "NAME", "GOOD FOR", "MADE", "EXPIRES", "LAST USED"],
        [
            *("4", "ci", "reading the app polls", "2026-01-02 03:04:05"),
            *("2026-02-03 04:05:06", "never"),
        ],
        [
            *("4", "ci", "everything", "2026-01-02 03:04:05"),
            *("it is revoked", "2026-01-02 03:04:05"),
        ],
    ]
    assert json.loads(portico("tokens", "--json").stdout)[0] == TOKEN


def test_a_new_one_is_alone_on_stdout(portico, stub):
    result = portico(
        "tokens", "create", "ci", "--app", "polls", "--read-only", "--days", "32", "--for", "bob"
    )
    assert (result.code, result.stdout) == (0, "portico_secret\n")
    assert result.stderr == (
        "Good for reading the app polls, until 2026-02-03 04:05:06. It is not shown again.\n"
    )
    assert stub.only("POST", "/tokens").json == {
        "name": "ci",
        "app": "polls",
        "read_only": True,
        "days": 32,
        "user": "bob",
    }


def test_one_for_metrics_alone(portico, stub):
    stub.answers["POST /tokens"] = (
        201,
        TOKEN | {"app": None, "read_only": False, "metrics": True, "token": "portico_secret"},
    )
    result = portico("tokens", "create", "prometheus", "--metrics")
    assert result.stderr == "Good for metrics, until 2026-02-03 04:05:06. It is not shown again.\n"
    assert stub.only("POST", "/tokens").json == {
        "name": "prometheus",
        "read_only": False,
        "metrics": True,
    }


def test_only_what_was_said_is_asked_for(portico, stub):
    assert json.loads(portico("tokens", "create", "ci", "--json").stdout)["token"] == (
        "portico_secret"
    )
    assert stub.only("POST", "/tokens").json == {"name": "ci", "read_only": False}


def test_revokes_by_number(portico, stub):
    assert portico("tokens", "revoke", "4").stdout == "Revoked token 4.\n"
    assert len(stub.queries("DELETE", "/tokens/4")) == 1


def test_those_of_somebody_else(portico, stub):
    assert portico("tokens", "--for", "bob").code == 0
    assert stub.only("GET", "/tokens").query == {"user": "bob"}
