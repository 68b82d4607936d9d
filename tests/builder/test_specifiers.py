"""Ranges of Python versions, as PEP 440, poetry and pipenv write them."""

from __future__ import annotations

import pytest

from portico.builder.specifiers import fits, may_fit, parse


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=3.11", "3.11.0 3.12.4", "3.10.9"),
        (">=3.11.4,<3.13", "3.11.4 3.12.9", "3.11.3 3.13.0"),
        (">3.11", "3.11.1 3.12.0", "3.11.0"),
        ("<=3.11", "3.11.0 3.10.3", "3.11.1"),
        ("!=3.11.*", "3.12.0 3.10.0", "3.11.4"),
        ("!=3.11.4", "3.11.5", "3.11.4"),
        ("==3.11.*", "3.11.9", "3.12.0"),
        ("~=3.10", "3.10.0 3.14.0", "3.9.1 4.0.0"),
        ("~=3.11.2", "3.11.2 3.11.9", "3.11.1 3.12.0"),
        ("===3.11.2", "3.11.2", "3.11.3"),
        ("^3.9", "3.9.0 3.13.1", "3.8.9 4.0.0"),
        ("~3.11", "3.11.5", "3.12.0"),
        ("3.11", "3.11.5", "3.12.0"),
        (">=3.9 <4.0", "3.9.1", "4.0.0"),
        (">= 3.9, < 3.11", "3.10.1", "3.11.0"),
        ("~3.9 || >=3.12", "3.9.4 3.12.0", "3.10.0"),
        ("*", "3.8.0 3.14.0", ""),
    ],
)
def test_knows_what_fits(text: str, inside: str, outside: str):
    specifier = parse(text)
    assert specifier is not None
    numbers = [tuple(map(int, v.split("."))) for v in inside.split()]
    assert all(fits(version, specifier) for version in numbers)
    assert not any(fits(tuple(map(int, v.split("."))), specifier) for v in outside.split())


@pytest.mark.parametrize(
    ("text", "minors"),
    [
        (">=3.11.4,<3.13", "3.11 3.12"),
        (">3.11", "3.11 3.12 3.13"),
        ("<3.11", "3.10"),
        ("<=3.11", "3.10 3.11"),
        ("==3.11.4", "3.11"),
        ("!=3.11.4,~3.11", "3.11"),
    ],
)
def test_knows_which_minor_versions_have_a_release_that_fits(text: str, minors: str):
    specifier = parse(text)
    assert specifier is not None
    found = [f"3.{minor}" for minor in range(10, 14) if may_fit((3, minor), specifier)]
    assert found == minors.split()


@pytest.mark.parametrize("text", ["three", ">=", "3.x", ">=3.9 and <4"])
def test_says_what_it_does_not_understand(text: str):
    assert parse(text) is None
