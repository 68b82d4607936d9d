"""Changing who may open an app and who may do more."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from portico.control.access.deciding import Role
from portico.control.models import App, Event, Share
from tests.control.access.test_calls import send
from tests.control.conftest import person


@pytest.fixture
def staff(db: None) -> Group:
    return Group.objects.create(name="staff")


def change(user: User, **body: Any) -> Any:
    return send(user, "PATCH", "/apps/polls/access", body).json()


def test_an_app_is_its_makers_alone_at_first(app: App, alice: User) -> None:
    assert send(alice, "GET", "/apps/polls/access").json() == {
        "access": "restricted",
        "owner": "alice",
        "co_owners": [],
        "viewers": [],
    }


def test_parts_are_given_changed_and_taken(app: App, alice: User, bob: User, staff: Group) -> None:
    assert change(alice, access="signed-in", viewers=["bob", "group:staff"]) == {
        "access": "signed-in",
        "owner": "alice",
        "co_owners": [],
        "viewers": ["bob", "group:staff"],
    }
    changed = change(alice, co_owners=["bob"])
    assert (changed["co_owners"], changed["viewers"]) == (["bob"], ["group:staff"])
    changed = change(alice, remove=["bob", "group:staff"])
    assert (changed["co_owners"], changed["viewers"]) == ([], [])
    assert [event.detail for event in Event.objects.filter(verb="access")] == [
        "removed bob, removed group:staff",
        "co-owner bob",
        "signed-in, viewer bob, viewer group:staff",
    ]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            {"viewers": ["dora"]},
            (
                "There is no person 'dora'.",
                "No person of this name is known on this server.",
                "Correct the name, or ask an administrator of this server to add it. A group is "
                "written group:NAME.",
            ),
        ),
        (
            {"co_owners": ["group:cats"]},
            (
                "There is no group 'cats'.",
                "No group of this name is known on this server.",
                "Correct the name, or ask an administrator of this server to add it. A group is "
                "written group:NAME.",
            ),
        ),
        (
            {"co_owners": ["alice"]},
            (
                "alice can be given nothing more.",
                "alice is the owner of polls.",
                "See who may do what: portico access polls",
            ),
        ),
        (
            {"remove": ["dora"]},
            (
                "'dora' cannot be removed from polls.",
                "It is neither a viewer nor a co-owner of the app.",
                "See who is: portico access polls",
            ),
        ),
    ],
)
def test_a_change_that_cannot_be_made_changes_nothing(
    app: App, alice: User, bob: User, staff: Group, body: dict[str, Any], problem: tuple[str, ...]
) -> None:
    Share.objects.create(app=app, group=staff, part="viewer")
    title, detail, hint = problem
    answer = change(alice, access="public", **({"viewers": ["bob"]} | body))
    assert answer == {"status": 400, "title": title, "detail": detail, "hint": hint}
    app.refresh_from_db()
    assert app.access == "restricted"
    assert [share.who for share in app.shares.all()] == ["group:staff"]


def test_the_operator_may_forbid_public_apps(
    app: App, alice: User, bob: User, settings: Any
) -> None:
    change(alice, access="public")
    settings.PORTICO = settings.PORTICO.model_copy(update={"public_apps": False})
    assert change(alice, access="public") == {
        "status": 403,
        "title": "polls cannot be made public.",
        "detail": "The operator of this server allows no public apps (public_apps).",
        "hint": "Let in all who are signed in: portico access polls signed-in",
    }
    assert send(bob, "GET", "/apps/polls").status_code == 200  # which a stranger could not now


def test_co_owners_choose_viewers_but_no_co_owners(app: App, alice: User, bob: User) -> None:
    person("carol", Role.VIEWER)
    change(alice, co_owners=["bob"])
    assert change(bob, viewers=["carol"])["viewers"] == ["carol"]
    assert change(bob, co_owners=["carol"])["status"] == 403
    assert change(bob, remove=["bob"])["status"] == 403
    assert change(bob, viewers=["bob"])["status"] == 403
    assert change(bob, remove=["carol"])["viewers"] == []


@pytest.mark.parametrize(
    "body", [{"access": "open"}, {"viewers": ["a\0b"]}, {"viewers": [""]}, {"owner": "bob"}]
)
def test_what_cannot_be_meant_is_refused(app: App, alice: User, body: dict[str, Any]) -> None:
    assert change(alice, **body)["status"] == 422


def test_an_app_loses_who_leaves(app: App, alice: User, bob: User) -> None:
    change(alice, viewers=["bob"])
    bob.delete()
    assert change(alice)["viewers"] == []
