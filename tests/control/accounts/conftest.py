"""People with passwords; hashing that takes no time; limits that begin anew with each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from portico.control.access.deciding import Role
from tests.control.conftest import HTML, person

PASSWORD = "correct horse battery"
LOGIN, HOME = "/-/accounts/login/", "/-/accounts/"


@pytest.fixture(autouse=True)
def _quick_and_fresh(settings: Any) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


def with_password(user: User, email: str = "") -> User:
    user.set_password(PASSWORD)
    user.email = email
    user.save()
    if email:
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


@pytest.fixture
def ada(db: None) -> User:
    """The administrator."""
    return with_password(person("ada", Role.ADMIN), "ada@example.org")


@pytest.fixture
def carol(db: None) -> User:
    """A viewer."""
    return with_password(person("carol", Role.VIEWER), "carol@example.org")


@pytest.fixture
def configured(settings: Any) -> Callable[..., None]:
    """Change the operator's settings."""

    def configure(**changes: Any) -> None:
        settings.PORTICO = settings.PORTICO.model_copy(update=changes)

    return configure


def signed_in(user: User, password: str = PASSWORD) -> Client:
    """Their browser, by the form."""
    browser = Client(headers=HTML)
    answer = browser.post(LOGIN, {"login": user.username, "password": password})
    assert answer.status_code == 302, answer.content.decode()
    return browser


def text_of(answer: Any) -> str:
    """The words of a page, in a line."""
    return " ".join(answer.content.decode().split())
