"""Which config vars are secret, and how a text loses them."""

from __future__ import annotations

import pytest

from portico.secret_values import Mask, is_secret, secrets, without_credentials


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "x", True),
        ("api_token", "x", True),
        ("SENTRY_DSN", "", True),
        ("PGPASSWORD", "x", True),
        ("DATABASE_URL", "postgres://me:word@db/x", True),
        ("INDEX", "https://token@index/simple", True),
        ("REPOSITORY", "ssh://git@host/x", False),
        ("DATABASE_URL", "postgres://db/x", False),
        ("DEBUG", "me:word@db", False),
        ("GREETING", "hello", False),
    ],
)
def test_a_name_or_an_address_with_a_password_tells(name: str, value: str, expected: bool) -> None:
    assert is_secret(name, value) is expected


def test_an_author_has_the_last_word() -> None:
    config = {"KEYBOARD": "qwerty", "GREETING": "hello", "TOKEN": "x"}
    said = {"KEYBOARD": False, "GREETING": True, "GONE": True}
    assert secrets(config, said) == {"GREETING": "hello", "TOKEN": "x"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at https://me:word@index/simple now", "at https://[hidden]@index/simple now"),
        ("https://token@index", "https://[hidden]@index"),
        ("https://me:w%40rd@index", "https://[hidden]@index"),
        ("https://me:w@rd@index", "https://[hidden]@index"),
        ("git+https://me:word@host/x.git", "git+https://[hidden]@host/x.git"),
        ("'postgres://me:word@db/x'", "'postgres://[hidden]@db/x'"),
        ("next=https%3A%2F%2Fme%3Aword%40index", "next=https%3A%2F%2F[hidden]%40index"),
        ("git@host:x ssh://git@host/x", "git@host:x ssh://git@host/x"),
        ("https://host/a@b?c=d@e", "https://host/a@b?c=d@e"),
        ("https://host <me@host>", "https://host <me@host>"),
    ],
)
def test_addresses_lose_their_credentials(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


def test_values_are_hidden_behind_their_names() -> None:
    mask = Mask([("TOKEN", "abcdef")])
    assert mask("x abcdef abcdefabcdef") == "x [TOKEN] [TOKEN][TOKEN]"
    assert mask("nothing") == "nothing"


def test_the_longest_wins_and_no_end_stays_visible() -> None:
    inner, outer = ("INNER", "secret"), ("OUTER", "my-secret-word")
    for values in ([inner, outer], [outer, inner]):
        assert Mask(values)("my-secret-word secret") == "[OUTER] [INNER]"
    assert Mask([("A", "abcdef"), ("B", "defghi")])("-abcdefghi-") == "-[A]-"


def test_a_value_of_several_lines_is_hidden_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nxx\n-----END KEY-----\n"
    mask = Mask([("PRIVATE_KEY", key)])
    assert [mask(line) for line in key.splitlines()] == [
        "[PRIVATE_KEY]",
        "[PRIVATE_KEY]",
        "xx",  # too short to be looked for by itself
        "[PRIVATE_KEY]",
    ]
    assert mask(repr(key)) == "'[PRIVATE_KEY]\\n'"


def test_a_value_is_known_in_other_spellings() -> None:
    mask = Mask([("TOKEN", "pä/ss w\"o'rd&\\")])
    for text in (
        "p%C3%A4/ss%20w%22o%27rd%26%5C",
        "p%C3%A4%2Fss%20w%22o%27rd%26%5C",
        "p%C3%A4%2Fss+w%22o%27rd%26%5C",
        "p\\u00e4/ss w\\\"o'rd&\\\\",
        "pä/ss w\\\"o'rd&\\\\",
        "pä/ss w\"o\\'rd&\\\\",
    ):
        assert mask(f"<{text}>") == "<[TOKEN]>"


def test_the_password_of_an_address_is_hidden_alone_too() -> None:
    mask = Mask([("DATABASE_URL", "postgres://me:p%40ssword@db/x")])
    assert mask("cannot log in with p@ssword, p%40ssword") == (
        "cannot log in with [DATABASE_URL], [DATABASE_URL]"
    )
    assert mask("postgres://me:p%40ssword@db/x") == "[DATABASE_URL]"


def test_values_of_a_few_characters_are_not_looked_for() -> None:
    assert Mask([("TOKEN", "dev"), ("KEY", " 1 \n")])("dev 1") == "dev 1"
    assert Mask([("TOKEN", "devs")])("devs") == "[TOKEN]"


def test_thousands_of_lines_cost_no_more_than_a_few() -> None:
    """As a service account's key in a value of the largest size."""
    value = "\n".join(f"line number {number} of a key" for number in range(5_000))
    mask = Mask([("KEY", value)])
    assert mask("x" * 16_384 + "line number 4999 of a key") == "x" * 16_384 + "[KEY]"
