"""docs/authors/cli.md speaks of every command and option there is, and of no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from portico.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "authors" / "cli.md"
OPERATORS = "server"


def commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if name == OPERATORS:
            continue
        yield f"{path} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")


def sections() -> dict[str, str]:
    """The text below each heading, by the words of its command."""
    parts = re.split(r"^### `(portico [^`]*)`$", PAGE.read_text(), flags=re.MULTILINE)
    return {
        re.match(r"portico( [a-z][a-z-]*)*", head)[0]: body  # type: ignore[index]
        for head, body in zip(parts[1::2], parts[2::2], strict=True)
    }


COMMANDS = dict(commands(get_command(app), "portico"))


def test_the_page_has_exactly_the_commands():
    assert sorted(sections()) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_section_has_exactly_its_options(command):
    options = {
        name
        for parameter in COMMANDS[command].params
        for name in parameter.opts
        if name.startswith("--") and name != "--help"
    }
    text = sections()[command].partition("\n## ")[0]
    assert set(re.findall(r"`(--[a-z][a-z-]*)", text)) == options


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(portico, command):
    result = portico(*command.split()[1:], "--help")
    assert (result.code, result.stderr) == (0, "")
    assert "Usage: portico" in result.stdout
