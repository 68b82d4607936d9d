"""`portico access`."""

from __future__ import annotations

import json

import pytest

FOUND = {"access": "restricted", "owner": "alice", "co_owners": ["group:staff"], "viewers": []}


@pytest.fixture(autouse=True)
def app(stub):
    stub.add("my-app")
    stub.answers["GET /apps/my-app/access"] = (200, FOUND)
    stub.answers["PATCH /apps/my-app/access"] = (200, FOUND | {"access": "public"})


def test_shows_who_may(portico):
    result = portico("access", "my-app")
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == (
        "my-app is restricted. Its owner, co-owners and viewers may open it, and administrators.\n"
        "owner:      alice\n"
        "co-owners:  group:staff\n"
        "viewers:    none\n"
    )


def test_changes_only_what_is_said(portico, stub):
    result = portico("access", "my-app", "public")
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.startswith("my-app is public. Everybody may open it.\n")
    assert stub.only("PATCH", "/apps/my-app/access").json == {"access": "public"}


def test_gives_and_takes_parts(portico, stub):
    words = ("--viewer", "bob", "--viewer", "group:all", "--co-owner", "carol", "--remove", "dora")
    assert json.loads(portico("access", "my-app", *words, "--json").stdout)["access"] == "public"
    assert stub.only("PATCH", "/apps/my-app/access").json == {
        "viewers": ["bob", "group:all"],
        "co_owners": ["carol"],
        "remove": ["dora"],
    }


def test_an_app_may_be_called_like_a_level(portico, stub):
    stub.answers["PATCH /apps/public/access"] = (200, FOUND)
    assert portico("access", "--app", "public", "restricted").code == 0
    assert stub.only("PATCH", "/apps/public/access").json == {"access": "restricted"}


def test_other_words_are_an_error(portico):
    assert portico("access", "my-app", "open").stderr == (
        "`portico access` takes an app and one of three words.\n"
        "It was given: my-app open.\n"
        "Next: For example `portico access my-app restricted|signed-in|public`.\n"
    )
