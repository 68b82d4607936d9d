"""A method that an address of the API does not have, wherever in web the address is answered."""

from __future__ import annotations

import pytest
from django.test import Client

from portico.control.models import App

API = "/-/api/v1"


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        pytest.param("PUT", "/apps", "GET, POST", id="Django's"),
        pytest.param("POST", "/apps/polls/logs", "GET", id="beside Django"),
        pytest.param("PATCH", "/apps/polls/deploys", "GET, POST", id="both"),
    ],
)
def test_it_is_told_what_there_is(
    visitor: Client, app: App, method: str, path: str, known: str
) -> None:
    answer = visitor.generic(method, f"{API}{path}")
    assert (answer.status_code, answer["Allow"]) == (405, known)
    assert answer.json() == {
        "title": "This cannot be done at this address.",
        "status": 405,
        "detail": f"{method} was asked for; there is {known}.",
        "hint": "/-/api/v1/docs shows what each call takes.",
    }


@pytest.mark.parametrize("path", ["/nothing", "/apps/nobody/deploys", "/apps/polls/nothing"])
def test_what_is_not_there_has_no_methods(visitor: Client, app: App, path: str) -> None:
    assert visitor.get(f"{API}{path}").status_code == 404
