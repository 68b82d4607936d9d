from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from portico.control.access.deciding import Role
from portico.control.models import App
from tests.control.access.test_calls import send
from tests.control.conftest import person

ONE_AUTHOR = {
    "status": 403,
    "title": "This server is set up for one author.",
    "detail": "Apps are on the portal's own host, where a page of one author's app could act for "
    "its visitors on another's and on the portal.",
    "hint": "Ask the operator to give apps a host of their own (apps_host), or to say that all "
    "authors are trusted (trust_authors = true).",
}


@pytest.fixture(autouse=True)
def _untrusted(settings: Any) -> None:
    settings.PORTICO = settings.PORTICO.model_copy(update={"trust_authors": False})


def test_the_author_of_all_apps_makes_more(app: App, alice: User) -> None:
    assert send(alice, "POST", "/apps", {"name": "second"}).status_code == 201


def test_a_second_author_is_refused(app: App, bob: User) -> None:
    answer = send(bob, "POST", "/apps", {"name": "second"})
    assert (answer.status_code, answer.json()) == (403, ONE_AUTHOR)


def test_so_is_one_where_the_first_has_left(app: App, bob: User) -> None:
    App.objects.update(owner=None)
    assert send(bob, "POST", "/apps", {"name": "second"}).json() == ONE_AUTHOR


def test_a_co_owner_is_an_author_too(app: App, alice: User, bob: User) -> None:
    answer = send(alice, "PATCH", "/apps/polls/access", {"co_owners": ["bob"]})
    assert (answer.status_code, answer.json()) == (403, ONE_AUTHOR)
    answer = send(alice, "PATCH", "/apps/polls/access", {"viewers": ["bob"]})
    assert answer.status_code == 200


def test_an_app_is_not_given_to_a_second_author(app: App, alice: User, bob: User) -> None:
    answer = send(alice, "PATCH", "/apps/polls", {"owner": "bob"})
    assert (answer.status_code, answer.json()) == (403, ONE_AUTHOR)
    app.refresh_from_db()
    assert (app.owner, app.shares.count()) == (alice, 0)


def test_an_app_whose_owner_has_left_gets_the_author_of_the_others(
    app: App, alice: User, bob: User
) -> None:
    root = person("root", Role.ADMIN)
    App.create("second", alice)
    App.objects.update(owner=None)
    assert send(root, "PATCH", "/apps/polls", {"owner": "bob"}).status_code == 200
    assert send(root, "PATCH", "/apps/second", {"owner": "alice"}).json() == ONE_AUTHOR
    assert send(root, "PATCH", "/apps/second", {"owner": "bob"}).status_code == 200


@pytest.mark.parametrize(
    "update", [{"trust_authors": True}, {"apps_host": "apps.example"}], ids=["trust", "host"]
)
def test_the_operator_can_have_it_otherwise(
    app: App, bob: User, settings: Any, update: dict[str, Any]
) -> None:
    settings.PORTICO = settings.PORTICO.model_copy(update=update)
    assert send(bob, "POST", "/apps", {"name": "second"}).status_code == 201


def test_a_host_of_apps_that_is_the_portals_is_none(app: App, bob: User, settings: Any) -> None:
    update = {"apps_host": "portico.example"}
    settings.PORTICO = settings.PORTICO.model_copy(update=update)
    assert send(bob, "POST", "/apps", {"name": "second"}).json() == ONE_AUTHOR
