"""Pages know their caller, explain their errors, and tell browsers what may be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from portico.control import callers
from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.models import App, Event
from portico.control.pages.visiting import page, signed_in
from tests.control.conftest import HTML

API = "/-/api/v1"


@page
def front(request: HttpRequest, caller: Caller | None) -> HttpResponse:
    return HttpResponse(f"{caller.user.username if caller else 'a stranger'}")


@signed_in
def overview(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    return HttpResponse(caller.app(name, Verb.INSPECT).name)


handler404 = "portico.control.pages.errors.not_found"
urlpatterns = [
    path("-/front", front),
    path("-/manage/<name>/", overview),
    path("", include("portico.control.urls")),
]


@pytest.fixture(autouse=True)
def _with_these_pages(settings: object) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__  # type: ignore[attr-defined]
    return


def test_a_page_for_all_knows_whom_it_can(stranger: Client, visitor: Client) -> None:
    assert stranger.get("/-/front").content == b"a stranger"
    assert visitor.get("/-/front").content == b"alice"


def test_who_is_deactivated_is_a_stranger(visitor: Client, alice: User) -> None:
    alice.is_active = False
    alice.save()
    assert visitor.get("/-/front").content == b"a stranger"
    assert visitor.get(f"{API}/whoami").status_code == HTTPStatus.UNAUTHORIZED


def test_a_browser_is_sent_to_sign_in_and_back(stranger: Client, app: App) -> None:
    answer = stranger.get("/-/manage/polls/?tab=a%26b", headers=HTML)
    assert answer.status_code == HTTPStatus.FOUND
    assert answer["Location"] == "/-/accounts/login/?next=%2F-%2Fmanage%2Fpolls%2F%3Ftab%3Da%2526b"


def test_who_posts_a_form_comes_back_to_its_page(stranger: Client, app: App) -> None:
    headers = {**HTML, "Referer": "http://portico.example/-/manage/?a=1#b"}
    answer = stranger.post("/-/manage/polls/", headers=headers)
    assert answer["Location"] == "/-/accounts/login/?next=%2F-%2Fmanage%2F%3Fa%3D1"


def test_a_part_of_a_page_sends_the_whole_of_it_to_sign_in(stranger: Client, app: App) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://portico.example/-/manage/polls/"}
    answer = stranger.get("/-/manage/polls/", headers=headers)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer["HX-Redirect"] == "/-/accounts/login/?next=%2F-%2Fmanage%2Fpolls%2F"


def test_a_script_gets_a_problem_document(stranger: Client, app: App) -> None:
    answer = stranger.get("/-/manage/polls/")
    assert answer["WWW-Authenticate"] == 'Bearer realm="Portico"'
    assert answer.json() == {
        "status": 401,
        "title": "The request was not accepted.",
        "detail": "No token came with it.",
        "hint": "Log in with a token of this server: portico login",
    }


def test_an_error_is_explained_on_a_page(visitor: Client, db: None) -> None:
    answer = visitor.get("/-/manage/nothing/", headers=HTML)
    text = answer.content.decode()
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "There is no app &#x27;nothing&#x27;." in text
    assert "No app of this name exists on this server." in text
    assert "See which there are: portico apps" in text
    assert visitor.get("/-/manage/nothing/").json()["title"] == "There is no app 'nothing'."


@pytest.mark.parametrize("path", ["/-/front", "/-/nothing", f"{API}/apps"])
def test_pages_load_nothing_from_elsewhere_and_stand_in_no_frame(
    stranger: Client, db: None, path: str
) -> None:
    answer = stranger.get(path, headers=HTML)
    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    if answer["Content-Type"].startswith("text/html"):
        assert answer["Cache-Control"] == "no-store"


def test_a_form_may_lead_to_the_host_of_the_apps(stranger: Client, settings: object) -> None:
    both = {"url": "https://portico.example:8443", "apps_host": "apps.example"}
    settings.PORTICO = settings.PORTICO.model_copy(update=both)  # type: ignore[attr-defined]
    policy = stranger.get("/-/health")["Content-Security-Policy"]
    assert "form-action 'self' https://apps.example:8443;" in policy


def test_the_api_takes_the_session_of_a_page(visitor: Client, app: App) -> None:
    assert visitor.get(f"{API}/apps/polls").json()["name"] == "polls"
    assert visitor.get(f"{API}/whoami").json()["token"] == "browser"


def test_the_api_changes_nothing_for_a_page_from_elsewhere(alice: User, app: App) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    refused = browser.patch(f"{API}/apps/polls", {"timeout": 7}, "application/json")
    assert refused.json() == {
        "status": 403,
        "title": "The request was not accepted.",
        "detail": "It did not come from a page of this server, or that page is of another sign-in.",
        "hint": "Load the page again and repeat what you did.",
    }
    browser.get("/-/accounts/login/?next=/-/front")  # sets the cookie
    browser.cookies["portico_csrf"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    taken = browser.patch(f"{API}/apps/polls", {"timeout": 7}, "application/json", headers=headers)
    assert taken.status_code == HTTPStatus.OK
    elsewhere = {**headers, "Origin": "http://evil.example"}
    refused = browser.delete(f"{API}/apps/polls", headers=elsewhere)
    assert refused.status_code == HTTPStatus.FORBIDDEN


def test_a_token_counts_before_a_session(visitor: Client, bob: User, app: App) -> None:
    headers = {"Authorization": "Bearer nonsense"}
    assert visitor.get(f"{API}/whoami", headers=headers).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("key", ["", "x", "a" * 32, "A" * 500, r'"\000abcdefghi"', "%00", "é" * 32])
def test_a_session_that_is_none_is_a_strangers(stranger: Client, db: None, key: str) -> None:
    stranger.cookies["portico_session"] = key
    assert stranger.get("/-/front").content == b"a stranger"
    assert callers.by_cookies(f"portico_session={key}") is None


def test_a_stream_knows_the_session_by_its_cookie(visitor: Client, alice: User) -> None:
    caller = callers.by_cookies(f"a=b; portico_session={visitor.cookies['portico_session'].value}")
    assert caller is not None
    assert (caller.user, caller.token) == (alice, "browser")


def test_cookies_stay_below_the_platform(alice: User, stranger: Client) -> None:
    alice.set_password("a long enough one")
    alice.save()
    stranger.get("/-/accounts/login/")
    csrf = stranger.cookies["portico_csrf"]
    assert (csrf["path"], csrf["httponly"], csrf["samesite"]) == ("/-/", True, "Lax")
    stranger.post("/-/accounts/login/", {"login": "alice", "password": "a long enough one"})
    session = stranger.cookies["portico_session"]
    assert (session["path"], session["httponly"], session["samesite"]) == ("/-/", True, "Lax")
    assert stranger.get("/-/front").content == b"alice"


def test_what_a_page_does_is_the_persons_in_the_trail(visitor: Client, app: App) -> None:
    visitor.patch(f"{API}/apps/polls", {"timeout": 7}, "application/json")
    assert Event.objects.filter(app="polls").latest("id").user == "alice"
