"""The portal as its visitors get it: who sees which apps, and what the page does for them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portico.control.models import App, Favourite, Share
from tests.control.reporting import go_live, process, tell

PORTAL = "/-/portal/"
HOSTILE = "<script>alert(1)</script>\"'`{{ 7 }}{% now 'Y' %}"


@pytest.fixture
def guest(bob: User) -> Client:
    """Bob's browser."""
    return browser_of(bob)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make(name: str, owner: User, **fields: Any) -> App:
    app = App.create(name, owner)
    App.objects.filter(pk=app.pk).update(**{"access": "signed-in", "listed": True, **fields})
    return App.named(name)


def seen(client: Client, **query: str) -> list[str]:
    """The titles on the page, in order."""
    page = client.get(PORTAL, query).content.decode()
    return re.findall(r'<h2><a href="[^"]*">(.*?)</a></h2>', page)


def text(client: Client, **query: str) -> str:
    page = client.get(PORTAL, query).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_first_page_is_the_portal(stranger: Client) -> None:
    answer = stranger.get("/")
    assert (answer.status_code, answer["Location"]) == (302, PORTAL)


def test_everybody_sees_what_they_may_open_and_nothing_else(
    alice: User, bob: User, stranger: Client, guest: Client
) -> None:
    make("public", alice, access="public")
    make("members", alice)
    make("secret", alice, access="restricted")
    shared = make("shared", alice, access="restricted")
    Share.objects.create(app=shared, user=bob, part="viewer")
    assert seen(stranger) == ["public"]
    assert seen(guest) == ["members", "public", "shared"]
    assert "secret" not in text(guest)
    assert seen(guest, q="secret") == []


def test_an_app_is_hidden_until_its_owner_lists_it(
    app: App, alice: User, visitor: Client, guest: Client
) -> None:
    App.objects.update(access="public")
    assert seen(guest) == []
    assert seen(visitor) == []
    assert seen(visitor, section="mine") == ["polls"]
    assert "Not listed" in text(visitor, section="mine")
    app.change_settings({"listed": True}, alice)
    assert seen(guest) == ["polls"]


def test_an_administrators_page_is_not_full_of_what_others_do_not_list(
    app: App, admin_user: User
) -> None:
    assert seen(browser_of(admin_user)) == []


def test_co_owners_find_theirs_too(app: App, bob: User, guest: Client) -> None:
    Share.objects.create(app=app, user=bob, part="co-owner")
    assert seen(guest, section="mine") == ["polls"]


def test_where_public_apps_are_forbidden_strangers_see_none(
    alice: User, stranger: Client, settings: Any
) -> None:
    make("public", alice, access="public")
    settings.PORTICO = settings.PORTICO.model_copy(update={"public_apps": False})
    assert seen(stranger) == []


def test_a_card_says_what_the_app_is_and_how(
    app: App, alice: User, visitor: Client, upload: Any
) -> None:
    app.change_settings({"title": "Our polls", "description": "Vote!", "tags": ["a", "b"]}, alice)
    assert "Not deployed yet" in text(visitor, section="mine")
    go_live(upload())
    tell(App.named("polls"), processes=(process("web.1"),))
    page = text(visitor, section="mine")
    for words in ("Our polls", "Vote!", "Running.", "Deployed"):
        assert words in page
    tell(App.named("polls"), processes=(process("web.1", "crashed"),))
    assert "crashed" in text(visitor, section="mine")
    assert '<a href="http://portico.example/polls/">' in str(
        visitor.get(PORTAL, {"section": "mine"}).content
    )


def test_what_authors_write_stays_text(alice: User, visitor: Client) -> None:
    make("bad", alice, title=HOSTILE[:80], description=HOSTILE, tags=[HOSTILE[:30]])
    for query in ({}, {"q": HOSTILE}, {"tag": HOSTILE[:30]}, {"q": "nothing", "tag": HOSTILE}):
        page = visitor.get(PORTAL, query).content.decode()
        assert "<script>alert" not in page
        assert "'`{{ 7 }}" not in page
        assert not re.search(r'"[^"]*alert\(1\)</script>"', page)


def test_a_favourite_comes_first_and_is_each_persons_own(
    alice: User, bob: User, visitor: Client, guest: Client
) -> None:
    make("aa", alice)
    make("zz", alice)
    answer = guest.post(f"{PORTAL}favourites/zz/", {"chosen": "1", "order": "name"})
    assert (answer.status_code, answer["Location"]) == (302, f"{PORTAL}?order=name")
    assert (seen(guest), seen(visitor)) == (["zz", "aa"], ["aa", "zz"])
    assert seen(guest, section="favourites") == ["zz"]
    guest.post(f"{PORTAL}favourites/zz/", {"chosen": "0"})
    assert not Favourite.objects.exists()


def test_a_star_alone_is_answered_to_htmx(alice: User, guest: Client) -> None:
    make("aa", alice)
    headers = {"HX-Request": "true"}
    answer = guest.post(f"{PORTAL}favourites/aa/", {"chosen": "1"}, headers=headers)
    assert answer.content.decode().startswith('<form class="star"')
    assert 'aria-pressed="true"' in answer.content.decode()


def test_what_one_may_not_open_cannot_be_a_favourite(
    app: App, guest: Client, stranger: Client
) -> None:
    assert guest.post(f"{PORTAL}favourites/polls/", {"chosen": "1"}).status_code == 404
    assert stranger.post(f"{PORTAL}favourites/polls/", {"chosen": "1"}).status_code == 401
    assert not Favourite.objects.exists()


def test_a_foreign_page_can_set_no_favourite(alice: User, bob: User) -> None:
    make("aa", alice)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    assert strict.post(f"{PORTAL}favourites/aa/", {"chosen": "1"}).status_code == 403


def test_a_search_by_htmx_gets_the_results_alone(alice: User, guest: Client) -> None:
    make("aa", alice)
    answer = guest.get(PORTAL, {"q": "aa"}, headers={"HX-Request": "true"})
    assert answer["Vary"].startswith("HX-Request")
    assert "<html" not in answer.content.decode()
    assert "1 app<" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            {},
            "No app yet Apps that are shared with you appear here as soon as their owners list them.",
        ),
        ({"section": "favourites"}, "No favourites yet Press the star on the card of an app"),
        ({"q": "zebra"}, "No app fits Nothing says “zebra”."),
        ({"tag": "geo", "q": "x"}, "Nothing says “x” and has the tag “geo”."),
        ({"q": "x", "section": "mine"}, "Nothing among your own apps says “x”."),
    ],
)
def test_an_empty_page_says_why(viewer: Client, query: dict[str, str], expected: str) -> None:
    assert expected in text(viewer, **query)


@pytest.fixture
def viewer(db: None) -> Client:
    return browser_of(User.objects.create(username="vera"))


def test_an_empty_page_tells_authors_what_to_type(app: App, visitor: Client, guest: Client) -> None:
    assert "portico apps set --listed" in text(visitor)
    assert "portico login http://portico.example portico deploy" in text(guest)
    assert "No app of yours yet" in text(guest, section="mine")


def test_a_stranger_is_shown_the_way_in(stranger: Client, db: None) -> None:
    assert "Nothing is public here Sign in to see the apps" in text(stranger)


def test_a_thousand_apps_take_twelve_queries_at_most(
    alice: User, bob: User, guest: Client, django_assert_max_num_queries: Any
) -> None:
    App.objects.bulk_create(
        App(name=f"app-{n}", owner=alice, access="restricted" if n % 2 else "public", listed=True)
        for n in range(1000)
    )
    for found in App.objects.filter(access="restricted")[:200]:
        Share.objects.create(app=found, user=bob, part="viewer")
    with django_assert_max_num_queries(12):
        page = guest.get(PORTAL, {"page": "2"}).content.decode()
    assert page.count('<li class="app">') == 48
    assert "Page 2 of 15" in page
    assert "700 apps" in page
