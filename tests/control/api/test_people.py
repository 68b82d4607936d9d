"""People and groups, and that administrators alone have to do with them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from portico.control.access.deciding import Role
from portico.control.models import App, Event, Share, Token
from tests.control.access.test_calls import send
from tests.control.conftest import person

CALLS = [
    ("GET", "/people", None),
    ("POST", "/people", {"name": "dora"}),
    ("PATCH", "/people/bob", {"role": "admin"}),
    ("DELETE", "/people/bob", None),
    ("GET", "/groups", None),
    ("POST", "/groups", {"name": "staff"}),
    ("PATCH", "/groups/staff", {"add": ["bob"]}),
    ("DELETE", "/groups/staff", None),
]


@pytest.fixture
def root(db: None) -> User:
    return person("root", Role.ADMIN)


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_an_author_may_do_none_of_it(
    alice: User, bob: User, method: str, path: str, body: Any
) -> None:
    assert send(alice, method, path, body).json() == {
        "status": 403,
        "title": "You may not administer this server.",
        "detail": "Your role on this server is author.",
        "hint": "It takes the role of an administrator; ask an administrator for it.",
    }


def test_a_person_from_the_first_day_to_the_last(root: User) -> None:
    made = send(root, "POST", "/people", {"name": "dora", "role": "author"})
    assert (made.status_code, made.json()) == (
        201,
        {"name": "dora", "role": "author", "groups": [], "email": ""},
    )
    dora = User.objects.get(username="dora")
    assert not dora.has_usable_password()
    assert send(dora, "POST", "/apps", {"name": "polls"}).status_code == 201
    assert send(root, "PATCH", "/people/dora", {"role": "viewer"}).json()["role"] == "viewer"
    assert send(dora, "POST", "/apps", {"name": "blog"}).status_code == 403
    text = Token.issue(dora, "laptop")
    assert send(root, "DELETE", "/people/dora").status_code == 204
    assert Token.of(text) is None
    assert App.named("polls").owner is None
    assert [one["name"] for one in send(root, "GET", "/people").json()] == ["root"]
    trail = Event.objects.filter(verb__contains="person").values_list("verb", "detail")
    assert list(trail) == [("remove person", "dora"), ("add person", "dora: author")]


def test_a_new_person_is_a_viewer(root: User) -> None:
    assert send(root, "POST", "/people", {"name": "dora@example.org"}).json()["role"] == "viewer"


def test_lists_take_as_many_queries_for_many_people_as_for_one(
    root: User, django_assert_max_num_queries: Any
) -> None:
    send(root, "POST", "/groups", {"name": "staff"})
    for number in range(10):
        send(root, "POST", "/people", {"name": f"p{number}"})
        send(root, "PATCH", "/groups/staff", {"add": [f"p{number}"]})
    for path in ("/people", "/groups"):
        with django_assert_max_num_queries(10):
            assert send(root, "GET", path).status_code == 200


@pytest.mark.parametrize("name", ["group:x", "-x", "a b", "ä", "x" * 151, "a/b"])
def test_a_name_that_nobody_can_have_is_refused(root: User, name: str) -> None:
    for path in ("/people", "/groups"):
        assert send(root, "POST", path, {"name": name}).json() == {
            "status": 400,
            "title": f"'{name[:60]}' cannot be the name of a person or a group.",
            "detail": "A name has at most 150 letters, digits and . _ @ + - and begins with a "
            "letter or a digit.",
            "hint": "Choose another name, for example the one before the @ of an address.",
        }


def test_names_differ_by_more_than_case(root: User) -> None:
    assert send(root, "POST", "/people", {"name": "Root"}).json() == {
        "status": 409,
        "title": "There is a person 'Root' already.",
        "detail": "Names differ by more than upper and lower case.",
        "hint": "See who there is: portico people",
    }
    send(root, "POST", "/groups", {"name": "staff"})
    assert send(root, "POST", "/groups", {"name": "STAFF"}).json() == {
        "status": 409,
        "title": "There is a group 'STAFF' already.",
        "detail": "Names differ by more than upper and lower case.",
        "hint": "See which there are: portico groups",
    }


@pytest.mark.parametrize(("method", "body"), [("DELETE", None), ("PATCH", {"role": "author"})])
def test_the_last_administrator_stays(root: User, method: str, body: Any) -> None:
    assert send(root, method, "/people/root", body).json() == {
        "status": 409,
        "title": "root has to stay an administrator.",
        "detail": "There is no other one on this server.",
        "hint": "Make somebody else an administrator first: portico people set-role NAME admin",
    }
    person("second", Role.ADMIN)
    assert send(root, method, "/people/root", body).status_code in (200, 204)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/apps/%00", 404),
        ("/apps/%00/config", 404),
        ("/events?app=%00", 422),
        ("/tokens?user=%00", 400),
    ],
)
def test_no_name_holds_a_nul(root: User, path: str, status: int) -> None:
    assert send(root, "GET", path).status_code == status
    assert send(root, "DELETE", "/people/%00").status_code == 400
    assert send(root, "DELETE", "/groups/%00").status_code == 400


def test_who_is_not_there_is_an_error(root: User) -> None:
    for call in (("DELETE", "/people/dora", None), ("PATCH", "/people/dora", {"role": "admin"})):
        assert send(root, *call).json()["title"] == "There is no person 'dora'."
    for call in (("DELETE", "/groups/cats", None), ("PATCH", "/groups/cats", {})):
        assert send(root, *call).json()["title"] == "There is no group 'cats'."


def test_a_group_gives_its_people_what_it_has(root: User, app: App, bob: User) -> None:
    send(root, "POST", "/groups", {"name": "staff"})
    changed = send(root, "PATCH", "/groups/staff", {"add": ["bob", "root"]}).json()
    assert changed == {"name": "staff", "people": ["bob", "root"]}
    assert send(root, "GET", "/people").json()[1]["name"] == "bob"
    assert send(root, "GET", "/people").json()[1]["groups"] == ["staff"]
    send(root, "PATCH", "/apps/polls/access", {"viewers": ["group:staff"]})
    assert send(bob, "GET", "/apps/polls").status_code == 200
    assert (
        send(root, "PATCH", "/groups/staff", {"add": ["dora"], "remove": ["bob"]}).status_code
        == 400
    )
    assert send(bob, "GET", "/apps/polls").status_code == 200
    assert send(root, "PATCH", "/groups/staff", {"remove": ["bob"]}).json()["people"] == ["root"]
    assert send(bob, "GET", "/apps/polls").status_code == 404
    assert send(root, "DELETE", "/groups/staff").status_code == 204
    assert send(root, "GET", "/groups").json() == []
    assert not Share.objects.exists()


def test_an_address_is_somebodys_once_and_one(root: User) -> None:
    dora = {"name": "dora", "email": "Dora@Example.org"}
    assert send(root, "POST", "/people", dora).json()["email"] == "dora@example.org"
    for name, email, title in (
        ("eve", "dora@example.org", "'dora@example.org' belongs to somebody already."),
        ("eve", "nothing", "'nothing' is not an e-mail address."),
    ):
        wanted = {"name": name, "email": email}
        assert send(root, "POST", "/people", wanted).json()["title"] == title
    assert not User.objects.filter(username="eve").exists()
