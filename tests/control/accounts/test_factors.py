"""The second factor: set up, asked for, required; its secret encrypted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.test import Client

from portico.control import callers
from portico.sign_on import TwoFactor
from tests.control.accounts.conftest import HOME, LOGIN, PASSWORD, signed_in, text_of
from tests.control.conftest import HTML

FACTORS = f"{HOME}2fa/"
SECRET = re.compile(r"<code>([A-Z2-7]{16,})</code>")


def code_of(secret: str) -> str:
    """What an app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def set_up(browser: Client) -> str:
    """The secret of an authenticator app that is on now."""
    found = SECRET.search(browser.get(f"{FACTORS}totp/activate/").content.decode())
    assert found
    answer = browser.post(f"{FACTORS}totp/activate/", {"code": code_of(found[1])})
    assert answer.status_code == 302
    return found[1]


def after_password(user: User) -> Client:
    """A browser that is asked for the second factor."""
    browser = Client(headers=HTML)
    form = {"login": user.username, "password": PASSWORD}
    assert browser.post(LOGIN, form)["Location"].startswith(f"{FACTORS}authenticate/")
    return browser


def is_in(browser: Client) -> bool:
    return bool(browser.get(HOME).status_code == 200)


def test_the_code_of_an_app_is_asked_for_after_the_password(carol: User) -> None:
    secret = set_up(signed_in(carol))
    browser = after_password(carol)
    assert not is_in(browser)
    wrong = browser.post(f"{FACTORS}authenticate/", {"code": "000000"})
    assert "This code is not right, or no longer." in text_of(wrong)
    Authenticator.objects.filter(type="totp").update(last_used_at=None)
    browser.post(f"{FACTORS}authenticate/", {"code": code_of(secret)})
    assert is_in(browser)


def test_a_recovery_code_is_good_once(carol: User) -> None:
    browser = signed_in(carol)
    set_up(browser)
    page = browser.get(f"{FACTORS}recovery-codes/").content.decode()
    code = re.findall(r"^(?:<pre[^>]*>)?.*?(\d{8})$", page, re.MULTILINE)[0]
    for good in (True, False):
        other = after_password(carol)
        other.post(f"{FACTORS}authenticate/", {"code": code})
        assert is_in(other) is good


def test_guessing_codes_is_stopped(carol: User) -> None:
    set_up(signed_in(carol))
    browser = after_password(carol)
    answers = [
        browser.post(f"{FACTORS}authenticate/", {"code": f"{number:06d}"}) for number in range(12)
    ]
    assert answers[-1].status_code == 429 or "Too many" in text_of(answers[-1])


def test_the_secret_is_in_the_database_as_ciphertext_alone(carol: User) -> None:
    secret = set_up(signed_in(carol))
    kept = Authenticator.objects.get(user=carol, type="totp").data
    assert secret not in str(kept)


@pytest.mark.parametrize("required", [TwoFactor.ADMINS, TwoFactor.EVERYBODY])
def test_who_owes_it_sees_where_to_set_it_up_and_nothing_else(
    required: TwoFactor, ada: User, configured: Callable[..., None]
) -> None:
    configured(require_two_factor=required)
    browser = signed_in(ada)
    assert browser.get(HOME)["Location"] == FACTORS
    page = text_of(browser.get(FACTORS))
    assert (
        "You have to set up two-factor sign-in first. "
        "The operator of this server requires it of you."
    ) in page
    assert browser.get("/-/api/v1/whoami").status_code == 401
    assert callers.by_cookies(f"portico_session={browser.cookies['portico_session'].value}") is None
    set_up(browser)
    assert is_in(browser)
    assert browser.get("/-/api/v1/whoami").status_code == 200


def test_a_part_of_a_page_is_told_too(ada: User, configured: Callable[..., None]) -> None:
    configured(require_two_factor=TwoFactor.ADMINS)
    browser = signed_in(ada)
    assert browser.get(HOME, headers={"Accept": "application/json"}).json() == {
        "status": 403,
        "title": "You have to set up two-factor sign-in first.",
        "detail": "The operator of this server requires it of you.",
        "hint": "Add an authenticator app or a passkey: /-/accounts/2fa/",
    }


def test_it_is_required_of_administrators_alone(
    carol: User, configured: Callable[..., None]
) -> None:
    configured(require_two_factor=TwoFactor.ADMINS)
    assert is_in(signed_in(carol))
