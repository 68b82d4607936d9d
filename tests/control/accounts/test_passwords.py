"""Links with which people choose a password: in a mail, or from an administrator."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from portico.control.models import Token
from tests.control.accounts.conftest import HOME, signed_in, text_of
from tests.control.conftest import HTML

RESET = f"{HOME}password/reset/"
NEW = "a wholly new password"


def link_for(name: str, by: User) -> str:
    headers = {"authorization": f"Bearer {Token.issue(by, 'test')}"}
    answer = Client(headers=headers).post(f"/-/api/v1/people/{name}/password-links")
    assert answer.status_code == 201
    url = str(answer.json()["url"])
    assert url.startswith("http://portico.example/-/accounts/password/reset/key/")
    return url.removeprefix("http://portico.example")


def choose(browser: Client, path: str, password: str = NEW) -> Any:
    form = browser.get(path)["Location"]
    return browser.post(form, {"password1": password, "password2": password})


def test_a_link_sets_a_password_once_and_ends_sessions(ada: User, carol: User) -> None:
    before, path = signed_in(carol), link_for("carol", ada)
    assert choose(Client(headers=HTML), path).status_code == 302
    assert before.get(HOME).status_code == 302
    signed_in(carol, NEW)
    assert "This link is not good any more." in text_of(Client(headers=HTML).get(path))


def test_a_link_lets_in_whoever_was_added(ada: User, bob: User) -> None:
    choose(Client(headers=HTML), link_for("bob", ada))
    signed_in(bob, NEW)


def test_only_administrators_make_links(carol: User, ada: User) -> None:
    headers = {"authorization": f"Bearer {Token.issue(carol, 'test')}"}
    answer = Client(headers=headers).post("/-/api/v1/people/ada/password-links")
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["1-x", "zzzzzzzzzzzzzzzzzzzz-x", "1-%00", "--", "%C3%A9-x"])
def test_forged_links_are_refused(path: str, ada: User) -> None:
    answer = Client(headers=HTML).get(f"{RESET}key/{path}/")
    assert answer.status_code in (200, 404)
    assert answer.status_code == 404 or "not good any more" in text_of(answer)


def test_without_a_mail_server_the_page_says_whom_to_ask(carol: User) -> None:
    assert "portico people reset-link NAME" in text_of(Client(headers=HTML).get(RESET))


@pytest.fixture
def outbox(configured: Callable[..., None]) -> list[Any]:
    """What was sent."""
    configured(mail_url="smtp://mail.example")
    return mail.outbox


def sent(outbox: list[Any]) -> Any:
    end = time.monotonic() + 20
    while not outbox:
        assert time.monotonic() < end, "no mail was sent"
        time.sleep(0.01)
    return outbox[-1]


def test_a_link_comes_by_mail_and_names_the_server_itself(carol: User, outbox: list[Any]) -> None:
    browser = Client(headers={**HTML, "Host": "localhost"})
    browser.post(RESET, {"email": "carol@example.org"})
    message = sent(outbox)
    assert (message.subject, message.to) == (
        "[portico.example] Reset your password",
        ["carol@example.org"],
    )
    assert "http://portico.example/-/accounts/password/reset/key/" in message.body
    assert "localhost" not in message.body


def test_whether_there_is_such_a_person_is_not_told(carol: User, outbox: list[Any]) -> None:
    answers = [
        Client(headers=HTML).post(RESET, {"email": email}, follow=True)
        for email in ("nobody@example.org", "carol@example.org")
    ]
    unknown, known = (text_of(answer) for answer in answers)
    assert "If an account has that address, a link is on its way there." in known
    assert unknown == known
    assert sent(outbox).to == ["carol@example.org"]
    assert len(outbox) == 1


def test_a_new_address_counts_once_it_is_confirmed(carol: User, outbox: list[Any]) -> None:
    browser = signed_in(carol)
    browser.post(f"{HOME}email/", {"email": "new@example.org", "action_add": ""})
    carol.refresh_from_db()
    assert carol.email == "carol@example.org"
    path = next(
        word for word in sent(outbox).body.split() if "/confirm-email/" in word
    ).removeprefix("http://portico.example")
    browser.post(path)
    carol.refresh_from_db()
    assert carol.email == "new@example.org"
