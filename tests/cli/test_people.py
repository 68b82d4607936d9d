"""`portico people` and `portico groups`."""

from __future__ import annotations

import json

import pytest

BOB = {"name": "bob", "role": "author", "groups": ["staff"], "email": "bob@example.org"}
STAFF = {"name": "staff", "people": ["bob"]}


@pytest.fixture(autouse=True)
def answers(stub):
    stub.answers |= {
        "GET /people": (200, [BOB]),
        "POST /people": (201, BOB),
        "PATCH /people/bob": (200, BOB | {"role": "admin"}),
        "DELETE /people/bob": (204, None),
        "GET /groups": (200, [STAFF]),
        "POST /groups": (201, {"name": "staff", "people": []}),
        "PATCH /groups/staff": (200, STAFF),
        "DELETE /groups/staff": (204, None),
    }


def test_lists_people(portico):
    assert portico("people").stdout == "NAME  ROLE    GROUPS\nbob   author  staff\n"
    assert json.loads(portico("people", "--json").stdout) == [BOB]


def test_adds_a_person_and_says_how_they_get_in(portico, stub):
    result = portico("people", "add", "bob", "--role", "author")
    assert result.stdout == "Added bob, as author.\n"
    assert result.stderr == "For them to choose a password: portico people reset-link bob\n"
    assert stub.only("POST", "/people").json == {"name": "bob", "role": "author"}


def test_adds_a_person_with_an_address(portico, stub):
    portico("people", "add", "bob", "--email", "bob@example.org")
    expected = {"name": "bob", "role": "viewer", "email": "bob@example.org"}
    assert stub.only("POST", "/people").json == expected


def test_prints_a_link_for_a_password(portico, stub):
    link = {"url": "http://x/-/accounts/password/reset/key/1-x/", "days": 3}
    stub.answers["POST /people/bob/password-links"] = (201, link)
    result = portico("people", "reset-link", "bob")
    assert result.stdout == f"{link['url']}\n"
    assert result.stderr == (
        "Good for 3 days, until the password is changed. Whoever has it can use it.\n"
    )
    assert json.loads(portico("people", "reset-link", "bob", "--json").stdout) == link


def test_changes_a_role(portico, stub):
    assert portico("people", "set-role", "bob", "admin").stdout == "bob is now admin.\n"
    assert stub.only("PATCH", "/people/bob").json == {"role": "admin"}


def test_removes_nobody_without_being_told_so(portico, stub):
    assert portico("people", "remove", "bob").stderr == (
        "bob was not removed.\n"
        "Their tokens would be gone for good, and there is no terminal to ask on.\n"
        "Next: Say it in the command: `portico people remove bob --yes`.\n"
    )
    assert stub.queries("DELETE", "/people/bob") == []
    assert portico("people", "remove", "bob", "--yes").stdout == "Removed bob.\n"
    assert len(stub.queries("DELETE", "/people/bob")) == 1


def test_lists_groups(portico, stub):
    assert portico("groups").stdout == "NAME   PEOPLE\nstaff  bob\n"
    stub.answers["GET /groups"] = (200, [])
    assert portico("groups").stderr == (
        "There are no groups yet. `portico groups create NAME` makes one.\n"
    )


def test_makes_changes_and_removes_a_group(portico, stub):
    assert portico("groups", "create", "staff").stdout == "Made the group staff.\n"
    result = portico("groups", "set", "staff", "--add", "bob", "--remove", "eve")
    assert result.stdout == "In staff: bob.\n"
    assert stub.only("PATCH", "/groups/staff").json == {"add": ["bob"], "remove": ["eve"]}
    assert portico("groups", "remove", "staff").stdout == "Removed the group staff.\n"
