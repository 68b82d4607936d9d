"""Where apps are: on the portal's host, on one of their own, or on one each."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from portico.settings import Settings

URL = "https://portico.example"


def settings(apps_host: str, url: str = URL) -> Settings:
    return Settings(data=Path("/d"), url=url, apps_host=apps_host)


@pytest.mark.parametrize(
    ("apps_host", "expected"),
    [
        ("", ""),
        ("portico.example", ""),
        ("apps.example", "apps.example"),
        ("*.apps.example", "polls.apps.example"),
    ],
)
def test_the_host_of_an_app(apps_host: str, expected: str) -> None:
    found = settings(apps_host)
    assert (found.app_host("polls"), found.apps_apart) == (expected, bool(expected))


@pytest.mark.parametrize(
    ("url", "apps_host", "prefix"),
    [
        (URL, "", ""),
        (URL, "apps.example", ""),
        (URL, "*.apps.example", "__Host-"),
        ("http://portico.example", "*.apps.example", ""),
    ],
)
def test_only_a_host_for_each_and_tls_allow_cookies_that_are_tied_to_it(
    url: str, apps_host: str, prefix: str
) -> None:
    assert settings(apps_host, url).gate_cookie_prefix == prefix


@pytest.mark.parametrize(
    "wrong", ["*", "*apps.example", "a.*.example", "http://apps.example", "a/b"]
)
def test_what_is_no_host_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"A host name, or \*\. and a domain: \*\.apps\."):
        settings(wrong)


def test_no_app_may_get_the_servers_own_host() -> None:
    with pytest.raises(ValidationError, match="The server's own host would be an app's"):
        settings("*.example")
    assert settings("*.example", "https://example").apps_apart
