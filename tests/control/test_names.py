from __future__ import annotations

import pytest

from portico.control.names import LONGEST_VALUE, check_app_name, check_config_var
from portico.errors import PorticoError


@pytest.mark.parametrize("name", ["ab", "polls", "my-app-2", "a" * 40])
def test_good_names(name: str) -> None:
    check_app_name(name)


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("My_App", "my-app"),
        ("a", "my-a"),
        ("2048", "my-2048"),
        ("app-", "app"),
        ("-", "my-app"),
        ("", "my-app"),
        ("a/../b", "a-b"),
        ("x" * 41, "x" * 34),
    ],
)
def test_malformed_names_are_refused_with_a_proposal(name: str, proposal: str) -> None:
    with pytest.raises(PorticoError) as error:
        check_app_name(name)
    assert str(error.value) == (
        f"'{name}' cannot be the name of an app.\n"
        "A name has 2 to 40 characters: lower-case letters, digits and dashes. It begins with a "
        "letter and does not end with a dash.\n"
        f"Choose another name, for example {proposal}."
    )
    check_app_name(proposal)


def test_reserved_names_are_refused() -> None:
    with pytest.raises(PorticoError) as error:
        check_app_name("static")
    assert str(error.value) == (
        "The name 'static' is not free.\n"
        "The platform keeps it for itself, or an app has it.\n"
        "Choose another name, for example my-static."
    )


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "Ä", "A\n"])
def test_malformed_variables_are_refused(name: str) -> None:
    with pytest.raises(PorticoError) as error:
        check_config_var(name, "x")
    assert str(error.value) == (
        f"'{name}' cannot be the name of a config var.\n"
        "A name consists of letters, digits and underscores and does not begin with a digit.\n"
        "Choose another name, for example DATABASE_URL."
    )


def test_a_value_that_no_environment_can_hold_is_refused() -> None:
    with pytest.raises(PorticoError) as nul:
        check_config_var("A", "a\0b")
    with pytest.raises(PorticoError) as long:
        check_config_var("A", "x" * (LONGEST_VALUE + 1))
    assert nul.value.title == "The value of the config var A cannot be used."
    assert long.value.detail == f"It has {LONGEST_VALUE + 1} bytes; {LONGEST_VALUE} are possible."


def test_unsetting_needs_no_value() -> None:
    check_config_var("A", None)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(PorticoError) as error:
        check_config_var("A", "\ud800")
    assert str(error.value) == (
        "The value of the config var A cannot be used.\n"
        "It contains half of a character (a surrogate), which cannot be encoded.\n"
        "Encode binary values, for example with base64."
    )
