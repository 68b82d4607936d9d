"""Reads requirements files: which files belong to them, and whether what they ask for is public.

Only plain names and versions from the operator's index may go into an environment that apps share.
So this is a list of what is allowed; whatever it does not know makes the environment the app's own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portico.builder import reading
from portico.errors import PorticoError

_INCLUDE = re.compile(r"(?:-r|--requirements?|-c|--constraints?)(?:\s+|=|(?<=-[rc]))(\S+)")
_HARMLESS = re.compile(r"(--pre|--prefer-binary|--require-hashes|--only-binary[ =]\S+)")
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VERSION = r"[<>=!~]=?=?[ \t]*[A-Za-z0-9.*+!_-]+"
_HASHES = r"([ \t]+--hash[= ][ \t]*sha(256|384|512):[0-9a-fA-F]+)*"
# One line of ASCII: what follows a line end would be a requirement of its own.
_PLAIN = re.compile(
    rf"{_NAME}[ \t]*(\[[A-Za-z0-9 \t,._-]*\])?[ \t]*"
    rf"(\(?[ \t]*{_VERSION}([ \t]*,[ \t]*{_VERSION})*,?[ \t]*\)?)?[ \t]*"
    rf"(;[ !\"%-?A-~]*?)?{_HASHES}[ \t]*"
)
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
# uv takes a name that looks like an archive for a file of the app.
_ARCHIVE = re.compile(r"\.(whl|egg|zip|tar|t?(gz|bz2?|xz|lz|lzma|zst))", re.IGNORECASE)
# uv may split lines elsewhere than Python at these.
_ODD_SPACE = re.compile(r"[^\S \t\r\n]")
_MOST_FILES = 100


@dataclass(frozen=True)
class Requirements:
    """All files that one leads to; `private` is the first reason for which it is the app's own."""

    files: tuple[str, ...]
    names: frozenset[str]
    private: str = ""


@dataclass(frozen=True)
class _Line:
    file: str
    number: int
    text: str


def read(tree: Path, name: str) -> Requirements:
    """Follow a requirements file and those it includes. Raises PorticoError for a missing one."""
    files: dict[str, None] = {}
    reasons, names = [], set()
    waiting = [name]
    while waiting and len(files) < _MOST_FILES:
        file = waiting.pop()
        if file in files:
            continue
        files[file] = None
        text = reading.text(tree, file)
        if _ODD_SPACE.search(text):
            reasons.append(f"{file} contains unusual white space")
        for line in logical_lines(file, text):
            if include := _included(line):
                waiting.append(_inside(tree, line, include))
            elif not is_public(line.text):
                reasons.append(f"{line.file}, line {line.number}: {_shown(line.text)}")
            elif not line.text.startswith("-"):
                names.add(normalised(line.text))
    return Requirements(tuple(files), frozenset(names), reasons[0] if reasons else "")


def logical_lines(file: str, text: str) -> Iterator[_Line]:
    """Lines without comments, continued ones joined, with the number of their first line."""
    held, start = "", 0
    for number, raw in enumerate([*text.splitlines(), ""], start=1):
        start = start if held else number
        piece = re.sub(r"(^|\s)#.*$", "", raw) if not raw.rstrip().endswith("\\") else raw
        held += piece.rstrip()
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        if held.strip():
            yield _Line(file, start, held.strip())
        held = ""


def is_public(requirement: str) -> bool:
    """Whether a line asks for nothing but wheels of an index by name and version."""
    if _VARIABLE.search(requirement):
        return False
    if requirement.startswith("-"):
        return bool(_HARMLESS.fullmatch(requirement))
    name = re.match(_NAME, requirement)
    if name and _ARCHIVE.search(name[0], name[0].rfind(".")):
        return False
    return bool(_PLAIN.fullmatch(requirement))


def normalised(requirement: str) -> str:
    """The name of a requirement as package indexes compare it."""
    match = re.match(_NAME, requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def _included(line: _Line) -> str | None:
    """The file that a line includes; None also where uv would put a variable's value into it."""
    match = _INCLUDE.fullmatch(line.text)
    return match[1] if match and not _VARIABLE.search(line.text) else None


def _inside(tree: Path, line: _Line, include: str) -> str:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(line.file), include))
    if (
        not path.startswith("../")
        and not posixpath.isabs(path)
        and "://" not in include
        and (tree / path).is_file()
    ):
        return path
    raise PorticoError(
        f"{line.file} includes a file that is not there.",
        f"Line {line.number} says {_shown(line.text)}; the app has no file {include[:80]}.",
        "Deploy that file as well, or remove the line.",
    )


def _shown(text: str) -> str:
    """A line without what may be a password in an address."""
    hidden = re.sub(r"//[^/@\s]*@", "//***@", text)
    return f"`{hidden[:80]}`"
