"""One's tokens on the pages of the account."""

from __future__ import annotations

import re

from django.contrib.auth.models import User

from portico.control.models import App, Token
from tests.control.accounts.conftest import HOME, signed_in, text_of, with_password

PAGE = f"{HOME}tokens/"


def test_a_token_is_shown_once(carol: User) -> None:
    browser = signed_in(carol)
    made = text_of(browser.post(PAGE, {"name": "nightly", "days": "30", "read_only": "on"}))
    (text,) = re.findall(r"portico_[\w-]{43}", made)
    token = Token.of(text)
    assert token is not None
    assert (token.user, token.name, token.read_only) == (carol, "nightly", True)
    assert text not in text_of(browser.get(PAGE))


def test_a_token_for_an_app_that_one_may_open(alice: User, app: App, carol: User) -> None:
    form = {"name": "one app", "app": "polls", "days": ""}
    assert "There is no app &#x27;polls&#x27;." in text_of(signed_in(carol).post(PAGE, form))
    signed_in(with_password(alice)).post(PAGE, form)
    assert Token.objects.get(user=alice).app == app


def test_nobody_revokes_the_tokens_of_others(alice: User, carol: User) -> None:
    Token.issue(alice, "hers")
    token = Token.objects.get(user=alice)
    browser = signed_in(carol)
    assert browser.post(f"{PAGE}{token.pk}/revoke/").status_code == 404
    assert browser.get(f"{PAGE}{token.pk}/revoke/").status_code == 405
    owner = signed_in(with_password(alice))
    assert "Revoked hers." in text_of(owner.post(f"{PAGE}{token.pk}/revoke/", follow=True))
    assert not Token.objects.filter(user=alice).exists()


def test_names_are_text(carol: User) -> None:
    browser = signed_in(carol)
    browser.post(PAGE, {"name": "<b>x</b>", "days": "30"})
    assert "&lt;b&gt;x&lt;/b&gt;" in text_of(browser.get(PAGE))
    for wrong in ("", "a\nb", "a\0b", "x" * 101):
        browser.post(PAGE, {"name": wrong, "days": "30"})
    assert Token.objects.count() == 1
