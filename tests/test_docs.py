"""The documentation speaks of what there is: links, commands, and the calls of the API."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from portico.cli.main import app as cli
from portico.control.api.api import api

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/*/*.md")])
API_PAGE = ROOT / "docs" / "api.md"
PREFIX = "/-/api/v1"
READERS = ("authors", "operators")

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@by_page
def test_every_link_leads_to_a_file_and_a_heading(page: Path):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not re.match(r"[a-z]+:", link) and not _is_there(target, heading):
            broken.append(link)
    assert broken == []


def test_the_front_page_leads_to_all_that_authors_and_operators_read():
    linked = set(re.findall(r"\((docs/[^)#]+\.md)\)", (ROOT / "README.md").read_text()))
    pages = {str(page.relative_to(ROOT)) for page in PAGES if page.parent.name in READERS}
    assert pages - linked == set()


@by_page
def test_every_command_exists_with_its_options(page: Path):
    assert [words for words in commands(page.read_text()) if (mistake(words))] == []


def test_the_api_page_has_exactly_the_calls_of_the_api():
    documented = set()
    for row in re.findall(r"^\| (`[A-Z].*?) \|", API_PAGE.read_text(), flags=re.MULTILINE):
        path = re.search(r"(/[^`?]*)", row)[1]  # type: ignore[index]
        documented |= {(verb, shape(path)) for verb in re.findall(r"\b[A-Z]{3,}\b", row)}
    assert documented == {
        (verb.upper(), shape(path.removeprefix(PREFIX)))
        for path, verbs in api.get_openapi_schema()["paths"].items()
        for verb in verbs
    } - {("GET", "/apps/{}/sessions/{}")}  # a web socket; what makes one names its path


def commands(text: str) -> list[list[str]]:
    """The words after `portico` in code spans and on lines of a terminal."""
    lines = re.findall(r"^(?:\$ |ExecStart=\S*/)portico (.*?)(?:\s{2,}#.*)?$", text, re.MULTILINE)
    spans = re.findall(r"`portico ([^`]*)`", text)
    return [shlex.split(line) for line in (*lines, *spans)]


def mistake(words: list[str]) -> str | None:
    """The word that no command or option answers to."""
    command: Any = get_command(cli)
    words = words[: words.index("--")] if "--" in words else words
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] == "...":
            return None
        if words[0] not in command.commands:
            return words[0]
        command, words = command.commands[words[0]], words[1:]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}
    written = (word.strip("[]").partition("=")[0] for word in words)
    return next((word for word in written if word.startswith("-") and word not in options), None)


def shape(path: str) -> str:
    """A path whatever its parts are called."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _is_there(target: Path, heading: str) -> bool:
    if not target.exists():
        return False
    if not heading:
        return True
    headings = re.findall(r"^#+ (.*)$", target.read_text(), flags=re.MULTILINE)
    return heading in {re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in headings}
