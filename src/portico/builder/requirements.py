"""Reads requirements files: which files belong to them, and whether what they ask for is public.

Only plain names and versions from the operator's index may go into an environment that apps share.
So this is a list of what is allowed; whatever it does not know makes the environment the app's own.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from portico.builder import reading
from portico.builder.local_requirements import Taken, local, taken
from portico.builder.problems import Problems
from portico.builder.requirement_lines import (
    Line,
    malformed,
    missing_include,
    not_there,
    shown,
)

_INCLUDE = re.compile(r"(?:-r|--requirements?|-c|--constraints?)(?:\s+|=|(?<=-[rc]))(\S+)")
_HARMLESS = re.compile(r"(--pre|--prefer-binary|--require-hashes|--only-binary[ =]\S+)")
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VERSION = r"(===|[<>=!~]=|[<>])[ \t]*[A-Za-z0-9.*+!_-]+"
_HASHES = r"([ \t]+--hash[= ][ \t]*sha(256|384|512):[0-9a-fA-F]+)*"
_NAMED = re.compile(rf"{_NAME}[ \t]*($|[\[(<>=!~;@]|--hash)")
# One line of ASCII: what follows a line end would be a requirement of its own.
_PLAIN = re.compile(
    rf"{_NAME}[ \t]*(\[[A-Za-z0-9 \t,._-]*\])?[ \t]*"
    rf"(\(?[ \t]*{_VERSION}([ \t]*,[ \t]*{_VERSION})*,?[ \t]*\)?)?[ \t]*"
    rf"(;[ !\"%-?A-~]*?)?{_HASHES}[ \t]*"
)
_OWN_INDEX = re.compile(r"(-i|--index-url)\b(?!.*//pypi\.org/)")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
# uv takes a name that looks like an archive for a file of the app.
_ARCHIVE = re.compile(r"\.(whl|egg|zip|tar|t?(gz|bz2?|xz|lz|lzma|zst))", re.IGNORECASE)
# uv may split lines elsewhere than Python at these.
_ODD_SPACE = re.compile(r"[^\S \t\r\n]")
_MOST_FILES = 100


@dataclass(frozen=True)
class Requirements:
    """All files that one leads to; `private` is the first reason for which it is the app's own.

    `shape` stands for what else of the app's folder is installed; `own_index`: they name another
    index instead of PyPI.
    """

    files: tuple[str, ...]
    names: frozenset[str]
    private: str = ""
    shape: str = ""
    own_index: bool = False


def read(tree: Path, name: str) -> Requirements:
    """Follow a requirements file and those it includes. Raises PorticoError for all wrong lines."""
    return follow(tree, name, reading.text(tree, name))


def follow(tree: Path, name: str, first: str) -> Requirements:
    """The same for requirements that stand in a file of another form: `first` is their text."""
    reader, problems = _Reader(tree), Problems()
    reader.waiting.append(name)
    while reader.waiting and len(reader.files) < _MOST_FILES:
        file = reader.waiting.pop()
        if file in reader.files:
            continue
        text = reading.text(tree, file) if reader.files else first
        reader.files[file] = None
        if _ODD_SPACE.search(text):
            reader.reasons.append(f"{file} contains unusual white space")
        for line in logical_lines(file, text):
            problems.attempt(partial(reader.take, line))
    problems.raise_any()
    return reader.found()


class _Reader:
    """Collects what the lines of several files ask for."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self.files: dict[str, None] = {}
        self.waiting: list[str] = []
        self.reasons: list[str] = []
        self._names: set[str] = set()
        self._installed: list[Taken] = []
        self._own_index = False

    def take(self, line: Line) -> None:
        if include := _included(line):
            self.waiting.append(_inside(self._tree, line, include))
            return
        if not is_public(line.text):
            self.reasons.append(f"{line.file}, line {line.number}: {shown(line.text)}")
            self._take_private(line)
        if _NAMED.match(line.text):
            self._names.add(normalised(line.text))

    def found(self) -> Requirements:
        files = (*self.files, *(file for each in self._installed for file in each.files))
        shapes = [each.shape for each in self._installed if each.shape]
        shape = hashlib.sha256(" ".join(shapes).encode()).hexdigest() if shapes else ""
        private = self.reasons[0] if self.reasons else ""
        names = frozenset(self._names)
        return Requirements(tuple(dict.fromkeys(files)), names, private, shape, self._own_index)

    def _take_private(self, line: Line) -> None:
        self._own_index = self._own_index or bool(_OWN_INDEX.match(line.text))
        if (problem := malformed(line)) is not None:
            raise problem
        wish = local(line.text, posixpath.dirname(line.file))
        if wish is None:
            return
        found = taken(self._tree, wish)
        if found is None and wish.links:  # beside the file, or else from the app's root
            found = taken(self._tree, local(line.text, "") or wish)
        if found is None:
            raise not_there(self._tree, line, wish)
        self._installed.append(found)


def logical_lines(file: str, text: str) -> Iterator[Line]:
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
            yield Line(file, start, held.strip())
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


def _included(line: Line) -> str | None:
    """The file that a line includes; None also where uv would put a variable's value into it."""
    match = _INCLUDE.fullmatch(line.text)
    return match[1] if match and not _VARIABLE.search(line.text) else None


def _inside(tree: Path, line: Line, include: str) -> str:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(line.file), include))
    if (
        not path.startswith("../")
        and not posixpath.isabs(path)
        and "://" not in include
        and (tree / path).is_file()
    ):
        return path
    raise missing_include(line, include)
