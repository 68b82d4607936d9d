"""Every page of accounts is there, ours, and shows nothing of one person to another."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.control.accounts.conftest import HOME, signed_in, text_of
from tests.control.conftest import HTML

FOR_STRANGERS = ("login/", "password/reset/", "password/reset/done/", "password/reset/key/1-x/")
FOR_STRANGERS += ("password/reset/key/done/", "signup/", "inactive/", "confirm-email/")
FOR_STRANGERS += ("confirm-email/x/", "3rdparty/login/cancelled/", "3rdparty/login/error/")
OWN = ("", "password/change/", "email/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/")
OWN += ("2fa/webauthn/add/", "sessions/", "tokens/", "device/", "3rdparty/", "logout/")


@pytest.mark.parametrize("path", FOR_STRANGERS)
def test_strangers_see_the_way_in(path: str, db: None) -> None:
    answer = Client(headers=HTML).get(f"{HOME}{path}")
    assert answer.status_code in (200, 401)
    assert 'class="brand"' in text_of(answer)


@pytest.mark.parametrize("path", OWN)
def test_people_see_their_account_and_strangers_do_not(path: str, carol: User) -> None:
    answer = signed_in(carol).get(f"{HOME}{path}")
    assert answer.status_code == 200
    assert 'class="brand"' in text_of(answer)
    refused = Client(headers=HTML).get(f"{HOME}{path}")
    assert refused.status_code == 302
    assert refused["Location"].startswith((f"{HOME}login/", "/-/accounts/login/"))


@pytest.mark.parametrize("path", ["password/change/", "2fa/", "tokens/", "sessions/", "email/"])
def test_scripts_are_not_sent_from_page_to_page(path: str, db: None) -> None:
    assert Client().get(f"{HOME}{path}").status_code in (302, 401)
