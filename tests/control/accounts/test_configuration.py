from __future__ import annotations

from pathlib import Path

import pytest

from portico.control.accounts.configuration import Cookies, cookies
from portico.settings import Settings

BELOW = ("portico_session", "portico_csrf", "/-/")
HOST = ("__Host-portico_session", "__Host-portico_csrf", "/")


@pytest.mark.parametrize(
    ("url", "apps_host", "expected"),
    [
        ("http://portico.example", "", Cookies(*BELOW, secure=False)),
        ("http://portico.example", "apps.example", Cookies(*BELOW, secure=False)),
        ("https://portico.example", "", Cookies(*BELOW, secure=True)),
        ("https://portico.example", "portico.example", Cookies(*BELOW, secure=True)),
        ("https://portico.example", "apps.example", Cookies(*HOST, secure=True)),
    ],
)
def test_the_platforms_cookies_follow_from_the_layout(
    url: str, apps_host: str, expected: Cookies
) -> None:
    assert cookies(Settings(data=Path("/d"), url=url, apps_host=apps_host)) == expected
