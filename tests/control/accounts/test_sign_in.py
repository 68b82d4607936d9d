"""Signing in, out, and what ends a browser session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from portico.control.models import Event
from portico.control.models.person import remove_person
from portico.sign_on import Registration
from tests.control.accounts.conftest import HOME, LOGIN, PASSWORD, signed_in, text_of
from tests.control.conftest import HTML

WRONG = "Name and password do not fit together. Correct them, or reset the password."


def attempt(login: str, password: str = PASSWORD, **extra: str) -> Any:
    return Client(headers=HTML).post(LOGIN, {"login": login, "password": password, **extra})


def is_signed_in(browser: Client) -> bool:
    return bool(browser.get(HOME).status_code == 200)


def test_a_name_or_an_address_and_the_password(carol: User) -> None:
    for login in ("carol", "CAROL", "carol@example.org"):
        assert attempt(login).status_code == 302


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("carol", "wrong"),
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("bob", ""),  # has no password at all
    ],
)
def test_what_is_wrong_is_said_alike_whoever_it_is(
    login: str, password: str, carol: User, bob: User
) -> None:
    answer = attempt(login, password or "anything")
    assert answer.status_code == 200
    assert WRONG in text_of(answer)


@pytest.mark.parametrize(
    ("login", "password"), [("x" * 100_000, "x"), ("carol", "x" * 100_000), ("x" * 1001, "x")]
)
def test_what_is_too_long_is_not_looked_for(login: str, password: str, carol: User) -> None:
    assert "at most 1000 characters" in text_of(attempt(login, password))


@pytest.mark.parametrize("login", ["a\0b", "\0"])
def test_a_nul_is_refused(login: str, carol: User) -> None:
    assert "Null characters are not allowed." in text_of(attempt(login))


def test_a_flood_of_wrong_passwords_is_stopped_and_the_right_one_with_it(carol: User) -> None:
    for _ in range(5):
        assert WRONG in text_of(attempt("carol", "wrong"))
    assert "Too many attempts. Wait five minutes, then try again." in text_of(attempt("carol"))


def test_a_flood_of_names_from_one_address_is_stopped(carol: User) -> None:
    browser = Client(headers={**HTML, "X-Forwarded-For": "192.0.2.7"})
    for number in range(10):
        browser.post(LOGIN, {"login": f"nobody-{number}", "password": "x"})
    last = browser.post(LOGIN, {"login": "carol", "password": PASSWORD})
    assert "Too many attempts." in text_of(last)
    assert attempt("carol").status_code == 302  # from elsewhere


def test_a_flood_of_forms_is_answered_with_429(carol: User) -> None:
    browser = Client(headers={"X-Forwarded-For": "192.0.2.8"})
    answers = [browser.post(LOGIN, {"login": "carol", "password": PASSWORD}) for _ in range(31)]
    assert answers[-1].status_code == 429
    assert answers[-1].json() == {
        "status": 429,
        "title": "Too many requests came from you.",
        "detail": "Signing in, resetting and changing passwords can be tried a few times a minute.",
        "hint": "Wait a minute, then try again.",
    }


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "http:evil.example",
        "http://portico.example.evil.example/",
        "javascript:alert(1)",
        "\thttps://evil.example/",
        "http://localhost/",  # an allowed host of Django's, and not this server
    ],
)
def test_signing_in_leads_to_no_other_server(place: str, carol: User) -> None:
    assert attempt("carol", next=place)["Location"] == "/"
    browser = signed_in(carol)
    assert browser.get(LOGIN, {"next": place})["Location"] == "/"
    assert browser.post(f"{HOME}logout/", {"next": place})["Location"] in (LOGIN, "/")


def test_signing_in_leads_back(carol: User) -> None:
    assert attempt("carol", next="/-/manage/a/?b=c")["Location"] == "/-/manage/a/?b=c"


def test_the_session_is_another_one_after_the_sign_in(carol: User) -> None:
    """What somebody has put into a browser before is no way into its account."""
    browser = Client(headers=HTML)
    browser.cookies["portico_session"] = "a" * 32
    session = browser.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    browser.cookies["portico_session"] = planted
    browser.post(LOGIN, {"login": "carol", "password": PASSWORD})
    assert browser.cookies["portico_session"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_signing_out_needs_the_form_and_ends_the_session(carol: User) -> None:
    browser = signed_in(carol)
    key = browser.cookies["portico_session"].value
    browser.get(f"{HOME}logout/")
    assert is_signed_in(browser)
    browser.post(f"{HOME}logout/")
    thief = Client(headers=HTML)
    thief.cookies["portico_session"] = key
    assert not is_signed_in(thief)


def test_forms_of_other_sites_are_refused(carol: User) -> None:
    browser = Client(enforce_csrf_checks=True, headers=HTML)
    answer = browser.post(LOGIN, {"login": "carol", "password": PASSWORD})
    assert answer.status_code == 403
    assert "It did not come from a page of this server" in text_of(answer)


def test_another_password_ends_the_other_browsers(carol: User) -> None:
    here, there = signed_in(carol), signed_in(carol)
    new = "another correct horse"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post(f"{HOME}password/change/", form).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(there)
    (left,) = Session.objects.values_list("session_key", flat=True)
    assert left == here.cookies["portico_session"].value


def test_a_wrong_old_password_changes_nothing(carol: User) -> None:
    browser = signed_in(carol)
    form = {
        "oldpassword": "x",
        "password1": "another correct one",
        "password2": "another correct one",
    }
    answer = browser.post(f"{HOME}password/change/", form)
    assert "This is not your password." in text_of(answer)
    assert attempt("carol").status_code == 302


def test_sessions_end_with_the_person(ada: User, carol: User) -> None:
    browser = signed_in(carol)
    carol.is_active = False
    carol.save()
    assert not is_signed_in(browser)
    assert attempt("carol")["Location"] == f"{HOME}inactive/"
    carol.is_active = True
    carol.save()
    assert is_signed_in(browser)
    remove_person(carol, ada)
    assert not is_signed_in(browser)


def test_sign_out_everywhere_else(carol: User) -> None:
    there, here = signed_in(carol), signed_in(carol)
    assert "Sign out everywhere else" in text_of(here.get(f"{HOME}sessions/"))
    here.post(f"{HOME}sessions/")
    assert is_signed_in(here)
    assert not is_signed_in(there)


def test_the_trail_knows_who_signed_in_from_where(carol: User) -> None:
    headers = {**HTML, "X-Forwarded-For": "192.0.2.9"}
    Client(headers=headers).post(LOGIN, {"login": "carol", "password": PASSWORD})
    event = Event.objects.latest("id")
    assert (event.user, event.verb) == ("carol", "sign in")
    assert (event.address, event.way) == ("192.0.2.9", "browser")


def test_nobody_registers_unless_it_is_open(db: None, configured: Callable[..., None]) -> None:
    form = {"username": "dave", "email": "dave@example.org", "password1": PASSWORD}
    closed = Client(headers=HTML).post(f"{HOME}signup/", form)
    assert "You cannot register here." in text_of(closed)
    assert not User.objects.exists()
    configured(registration=Registration.OPEN)
    Client(headers=HTML).post(f"{HOME}signup/", form)
    assert User.objects.get().username == "dave"
