"""A command line is let in by its person, in a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from portico.control.models import DeviceLogin, Token
from portico.control.models.device_login import WAITING_AT_ONCE
from tests.control.accounts.conftest import HOME, signed_in, text_of
from tests.control.conftest import HTML

API, PAGE = "/-/api/v1", f"{HOME}device/"
LATE = {
    "status": 410,
    "title": "You were not logged in.",
    "detail": "Nobody has confirmed the code within ten minutes, or it has been used.",
    "hint": "Begin again: portico login URL",
}


def begin(machine: str = "laptop") -> dict[str, Any]:
    answer = Client().post(f"{API}/logins", {"machine": machine}, "application/json")
    assert answer.status_code == 201
    return dict(answer.json())


def take(secret: str) -> Any:
    return Client().post(f"{API}/logins/token", {"secret": secret}, "application/json")


def test_who_confirms_the_code_gives_their_token_once(carol: User) -> None:
    begun = begin("laptop")
    assert begun["url"] == f"http://portico.example{PAGE}?code={begun['code']}"
    assert take(begun["secret"]).json() == {"token": None}
    browser = signed_in(carol)
    page = text_of(browser.get(f"{PAGE}?code={begun['code']}"))
    for said in (begun["code"], "laptop", "127.0.0.1", "a token for all that carol may do"):
        assert said in page
    browser.post(PAGE, {"code": begun["code"], "answer": "allow", "days": "30"})
    text = take(begun["secret"]).json()["token"]
    token = Token.of(text)
    assert token is not None
    assert (token.user, token.name) == (carol, "login on laptop")
    assert token.expires_at is not None
    assert token.expires_at < timezone.now() + timedelta(days=31)
    assert take(begun["secret"]).json() == LATE


@pytest.mark.parametrize("written", ["{}", " {} ", "{}-", "{} x1"])
def test_the_code_may_be_written_as_one_likes(written: str, carol: User) -> None:
    code = begin()["code"]
    found = DeviceLogin.waiting(written.format(code.lower().replace("-", " ")))
    assert (found is not None) is ("x" not in written)


def test_who_refuses_gives_nothing(carol: User) -> None:
    begun = begin()
    signed_in(carol).post(PAGE, {"code": begun["code"], "answer": "refuse"})
    assert take(begun["secret"]).json() == {
        "status": 403,
        "title": "You were not logged in.",
        "detail": "The login was refused in the browser.",
        "hint": "If that was a mistake, begin again: portico login URL",
    }
    assert not Token.objects.exists()


def test_one_answer_counts(carol: User, ada: User) -> None:
    begun = begin()
    signed_in(carol).post(PAGE, {"code": begun["code"], "answer": "refuse"})
    late = signed_in(ada).post(PAGE, {"code": begun["code"], "answer": "allow"}, follow=True)
    assert "No login waits with this code." in text_of(late)
    assert take(begun["secret"]).status_code == 403


def test_codes_expire(carol: User) -> None:
    begun = begin()
    DeviceLogin.objects.update(expires_at=timezone.now())
    page = signed_in(carol).get(f"{PAGE}?code={begun['code']}")
    assert "Codes are good for ten minutes." in text_of(page)
    assert take(begun["secret"]).json() == LATE


def test_who_was_deactivated_meanwhile_gets_nothing(carol: User) -> None:
    begun = begin()
    signed_in(carol).post(PAGE, {"code": begun["code"], "answer": "allow"})
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert take(begun["secret"]).status_code == 403


def test_codes_cannot_be_guessed(carol: User) -> None:
    browser = signed_in(carol)
    answers = [browser.get(f"{PAGE}?code=BBBB-BBB{letter}") for letter in "BCDFGHJKLMNPQRSTVWXZB"]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert "Twenty codes in five minutes are possible." in text_of(answers[-1])


def test_strangers_sign_in_first_and_come_back(db: None) -> None:
    answer = Client(headers=HTML).get(f"{PAGE}?code=BCDF-GHJK")
    assert answer["Location"] == (
        "/-/accounts/login/?next=%2F-%2Faccounts%2Fdevice%2F%3Fcode%3DBCDF-GHJK"
    )


def test_strangers_cannot_fill_the_table(db: None) -> None:
    client = Client(headers={"X-Forwarded-For": "192.0.2.10"})
    body = {"machine": "x"}
    answers = [client.post(f"{API}/logins", body, "application/json") for _ in range(21)]
    assert [one.status_code for one in answers[-2:]] == [201, 429]
    DeviceLogin.objects.bulk_create(
        DeviceLogin(
            digest=f"{n}", code=f"{n}", machine="x", expires_at=timezone.now() + timedelta(hours=1)
        )
        for n in range(WAITING_AT_ONCE)
    )
    full = Client().post(f"{API}/logins", body, "application/json").json()
    assert full["detail"] == "Too many logins wait to be confirmed."


@pytest.mark.parametrize("machine", ["", "a\0b", "a\x1b[2J", "x" * 81, "a\nb"])
def test_a_machine_has_a_printable_name(machine: str, db: None) -> None:
    answer = Client().post(f"{API}/logins", {"machine": machine}, "application/json")
    assert answer.status_code == 422


@pytest.mark.parametrize("secret", ["", "\0", "x" * 200, "é"])
def test_a_secret_that_is_none_gives_nothing(secret: str, db: None) -> None:
    assert take(secret).json() == LATE


def test_scripts_in_names_are_text(carol: User) -> None:
    code = begin("<script>alert(1)</script>")["code"]
    page = text_of(signed_in(carol).get(f"{PAGE}?code={code}"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
