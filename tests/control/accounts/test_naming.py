from __future__ import annotations

import pytest

from portico.control.accounts.naming import free_name, proposals
from portico.control.accounts.registration import may_come_first_time, may_register
from portico.control.templatetags.accounts import browser
from portico.sign_on import Registration

OPEN, INVITED, CLOSED = Registration


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Ada", "ada@example.org"], ["ada", "ada"]),
        (["Ada Lovelace"], ["ada-lovelace"]),
        (["", None, "é"], ["person"]),
        (["../../etc", "\0", "x" * 200], ["etc", "x" * 40]),
    ],
)
def test_proposals(texts: list[str | None], expected: list[str]) -> None:
    assert proposals(texts) == expected


def test_the_first_that_is_free_else_a_number() -> None:
    assert free_name(["ada", "bob"], {"ada"}.__contains__) == "bob"
    assert free_name(["ada", "bob"], {"ada", "bob", "ada-2"}.__contains__) == "ada-3"


@pytest.mark.parametrize(
    ("server", "provider", "new", "added"),
    [
        (OPEN, None, True, True),
        (INVITED, None, False, True),
        (CLOSED, None, False, False),
        (CLOSED, OPEN, True, True),
        (OPEN, INVITED, False, True),
    ],
)
def test_who_may_come(
    server: Registration, provider: Registration | None, new: bool, added: bool
) -> None:
    assert may_register(server, provider) is new
    assert may_come_first_time(server, provider) is added


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (iPhone; CPU) Version/17.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8", "curl/8"),
        ("", "unknown"),
    ],
)
def test_browsers_in_words(agent: str, words: str) -> None:
    assert browser(agent) == words
