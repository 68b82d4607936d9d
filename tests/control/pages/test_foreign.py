from __future__ import annotations

import pytest

from portico.control.pages.foreign import is_foreign
from tests.control.running import Web

NAVIGATES = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
API = "/-/api/v1/apps"


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("GET", API, {}, False),
        ("POST", API, {}, False),  # a script's
        ("POST", API, {"sec-fetch-site": "same-origin"}, False),
        ("GET", "/-/portal/", {"sec-fetch-site": "none"}, False),
        ("GET", "/-/gate/enter", NAVIGATES, False),
        ("HEAD", "/-/portal/", NAVIGATES, False),
        ("POST", "/-/accounts/logout/", NAVIGATES, True),
        ("POST", "/-/accounts/saml/company/acs/", NAVIGATES, False),
        ("POST", "/-/accounts/saml/company/acs/finish/", NAVIGATES, True),
        ("POST", "/-/accounts/saml/x/y/acs/", NAVIGATES, True),
        (
            "POST",
            "/-/accounts/saml/company/acs/",
            {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
            True,
        ),
        ("GET", API, {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, True),
        ("GET", API, {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, True),
        ("GET", API, {"sec-fetch-site": "cross-site"}, True),
        ("GET", API, {"sec-fetch-site": "nonsense"}, True),
        ("", f"{API}/polls/sessions/x", {"sec-fetch-site": "same-site"}, True),
        ("GET", "/-/jwks.json", {"sec-fetch-site": "cross-site"}, False),
    ],
)
def test_from_elsewhere_one_may_lead_a_visitor_here_and_nothing_else(
    method: str, path: str, headers: dict[str, str], expected: bool
) -> None:
    assert is_foreign(method, path, headers) is expected


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/-/accounts/login/"),
        ("GET", f"{API}/polls/logs"),
        ("GET", "/-/git/polls.git/HEAD"),
    ],
)
def test_it_is_refused_whoever_would_answer(web: Web, method: str, path: str) -> None:
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
    answer = web.router.request(method, path, headers=headers)
    assert answer.json() == {
        "status": 403,
        "title": "The request was not accepted.",
        "detail": "It did not come from a page of this server, or that page is of another sign-in.",
        "hint": "Load the page again and repeat what you did.",
    }
