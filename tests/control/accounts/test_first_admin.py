"""The first administrator comes by a link, once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portico.control.access.deciding import Role
from portico.control.accounts.first_admin import invitation, new_link
from portico.control.first_token import first_token
from portico.control.models import FirstLink
from portico.control.models.person import role_of
from portico.control.serve import leave_first_link
from portico.errors import PorticoError
from tests.control.accounts.conftest import HOME, PASSWORD, signed_in, text_of
from tests.control.conftest import HTML

FORM = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}


def path_of(link: str) -> str:
    assert link.startswith("http://portico.example/-/accounts/first/")
    return link.removeprefix("http://portico.example")


def test_a_link_makes_the_administrator_and_signs_them_in(db: None) -> None:
    browser = Client(headers=HTML)
    path = path_of(new_link())
    assert "Create the first administrator" in text_of(browser.get(path))
    assert browser.post(path, FORM)["Location"] == HOME
    assert "ada" in text_of(browser.get(HOME))
    ada = User.objects.get(username="ada")
    assert (role_of(ada), ada.email) == (Role.ADMIN, "ada@example.org")
    signed_in(ada)


def test_a_link_is_good_once_and_ends_all_others(db: None) -> None:
    first, second = path_of(new_link()), path_of(new_link())
    assert Client(headers=HTML).post(first, FORM).status_code == 302
    for used in (first, second, "/-/accounts/first/nonsense/"):
        for answer in (Client().get(used), Client().post(used, {**FORM, "username": "eve"})):
            assert answer.json() == {
                "status": 404,
                "title": "This link is not good any more.",
                "detail": "It has been used, or it is not a link of this server.",
                "hint": "Sign in, or print another link on the server: portico server invite",
            }
    assert not User.objects.filter(username="eve").exists()


def test_the_database_does_not_know_the_link(db: None) -> None:
    secret = path_of(new_link()).split("/")[-2]
    assert secret not in str(list(FirstLink.objects.values()))


def test_no_link_once_an_administrator_can_sign_in(ada: User) -> None:
    assert new_link() == ""
    with pytest.raises(PorticoError) as error:
        invitation()
    assert str(error.value) == (
        "There is an administrator already.\n"
        "ada can sign in and administer this server.\n"
        "They add people: portico people add NAME. If no administrator can be reached, make a "
        "token with `portico server token`, then a link: portico people reset-link NAME"
    )


def test_an_administrator_of_tokens_alone_can_be_given_a_password(db: None) -> None:
    first_token("first")
    path = path_of(invitation())
    assert Client(headers=HTML).post(path, {**FORM, "username": "admin"}).status_code == 302
    assert new_link() == ""
    signed_in(User.objects.get(username="admin"))


def test_a_link_gives_nobody_elses_account(carol: User) -> None:
    path = path_of(new_link())
    page = text_of(Client(headers=HTML).post(path, {**FORM, "username": "Carol"}))
    assert "This name is taken. Choose another one." in page
    assert role_of(User.objects.get(pk=carol.pk)) is Role.VIEWER


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "ada@example.org1"}, "too similar"),
        ({"password": "1234567890123"}, "entirely numeric"),
        ({"username": "a b"}, "cannot be the name of a person"),
        ({"username": "a\0b"}, "Null characters are not allowed."),
        ({"username": "x" * 10_000}, "at most 150 characters"),
        ({"email": "nothing"}, "Enter a valid email address."),
    ],
)
def test_what_is_wrong_is_said(wrong: dict[str, str], said: str, db: None) -> None:
    assert said in text_of(Client(headers=HTML).post(path_of(new_link()), {**FORM, **wrong}))
    assert not User.objects.exists()


def test_web_leaves_a_link_as_long_as_nobody_administers(db: None, folders: object) -> None:
    from portico.control import instance

    leave_first_link()
    file = instance.layout().first_link
    assert path_of(file.read_text().strip())
    Client(headers=HTML).post(path_of(file.read_text().strip()), FORM)
    leave_first_link()
    assert not file.exists()
