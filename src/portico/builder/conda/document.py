"""Reads environment.yml: every entry with its line, and everything that is wrong with it at once.

Nodes instead of values: what YAML makes of `3.10` (a number, 3.1) or `on` is not what was written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from portico.builder import reading
from portico.builder.conda import selectors
from portico.builder.conda.channels import hidden
from portico.builder.findings import Finding, Severity
from portico.remarks import Remark, Remarked

NAME = "environment.yml"
MOST_CHARACTERS = 1 << 20
_SELECTED = re.compile(r"sel\((.*)\)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Entry:
    """A word of the file and the line it stands in."""

    text: str
    line: int


@dataclass(frozen=True)
class Document:
    """What an environment.yml says, in its own words. `notes` are for the author's eyes."""

    name: str = ""
    channels: tuple[Entry, ...] = ()
    specs: tuple[Entry, ...] = ()
    pip: tuple[Entry, ...] = ()
    platforms: tuple[Entry, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()


def read(tree: Path) -> tuple[Document, list[Remark]]:
    """What it says, and each line that makes no sense. Raises PorticoError when it is not YAML."""
    return parse(reading.text(tree, NAME))


def parse(text: str) -> tuple[Document, list[Remark]]:
    reader = _Reader(text)
    reader.read(_root(text))
    return reader.document, reader.wrong


def wrong(line: int | None, what: str, fix: str) -> Remark:
    return Remark(NAME, line, what, fix)


def refused(remarks: Sequence[Remark]) -> Remarked:
    """The error for lines that make no sense."""
    told = sorted(remarks, key=lambda remark: remark.line or 0)
    return Remarked(
        f"{NAME} cannot be carried out.",
        "\n".join(_at_line(remark, remark.what) for remark in told),
        "\n".join(_at_line(remark, remark.fix) for remark in told),
        told,
    )


def _at_line(remark: Remark, text: str) -> str:
    return f"Line {remark.line}: {text}" if remark.line else text


def note(line: int | None, what: str, fix: str = "") -> Finding:
    return Finding(Severity.WARNING, NAME, line, what, fix)


def _root(text: str) -> Node | None:
    if len(text) > MOST_CHARACTERS:
        what = f"It has {len(text):,} characters; {MOST_CHARACTERS:,} are allowed."
        raise refused([wrong(None, what, "Deploy a shorter one.")])
    try:
        root: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise _not_yaml(mark.line + 1 if mark else None, what) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        what = str(error).splitlines()[0] if str(error) else "it is nested too deeply"
        raise _not_yaml(None, what) from None
    return root


def _not_yaml(line: int | None, what: str) -> Remarked:
    return refused([wrong(line, f"This is not YAML: {what}.", "Correct it there.")])


class _Reader:
    """Walks the nodes; collects what is wrong beside what is right."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._kept: dict[str, list[Entry]] = {"channels": [], "dependencies": [], "platforms": []}
        self._name = ""
        self._pip: list[Entry] = []
        self._variables: dict[str, str] = {}
        self._notes: list[Finding] = []
        self.wrong: list[Remark] = []

    @property
    def document(self) -> Document:
        return Document(
            self._name,
            tuple(self._kept["channels"]),
            tuple(self._kept["dependencies"]),
            tuple(self._pip),
            tuple(self._kept["platforms"]),
            self._variables,
            tuple(self._notes),
        )

    def read(self, root: Node | None) -> None:
        if root is None:
            return
        if not isinstance(root, MappingNode):
            self._refuse(root, "The file is not a list of `key:` lines.", EXAMPLE)
            return
        seen: set[str] = set()
        for key, value in root.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            if name in seen:
                self._refuse(key, f"`{name}:` stands there a second time.", "Make one of the two.")
            seen.add(name)
            self._parts.get(name, self._unknown)(key, value)

    @property
    def _parts(self) -> dict[str, Callable[[Node, Node], None]]:
        return {
            "name": self._read_name,
            "channels": self._read_list,
            "dependencies": self._read_dependencies,
            "platforms": self._read_list,
            "variables": self._read_variables,
            "prefix": self._read_prefix,
        }

    def _read_name(self, _: Node, value: Node) -> None:
        if isinstance(value, ScalarNode):
            self._name = "" if value.tag == _NULL else value.value
        else:
            self._refuse(value, "The name is not a word.", "Write `name: my-environment`.")

    def _read_prefix(self, key: Node, _: Node) -> None:
        self._note(key, "`prefix:` is ignored; Portico chooses the folder.")

    def _unknown(self, key: Node, _: Node) -> None:
        name = key.value if isinstance(key, ScalarNode) else "?"
        shown = f"`{str(name)[:40]}:`"
        if near := difflib.get_close_matches(str(name).lower(), list(self._parts), 1, 0.7):
            self._refuse(key, f"{shown} is not a key of this file.", f"Write `{near[0]}:`.")
        else:
            self._note(key, f"{shown} is not a key of this file, and is ignored.")

    def _read_list(self, key: Node, value: Node) -> None:
        for node in self._items(key, value):
            if entry := self._entry(node):
                self._kept[key.value].append(entry)

    def _read_dependencies(self, key: Node, value: Node) -> None:
        for node in self._items(key, value):
            if not isinstance(node, MappingNode):
                if entry := self._entry(node):
                    self._kept[key.value].append(entry)
                continue
            for kind, listed in node.value:
                self._read_kind(kind, listed)

    def _read_kind(self, kind: Node, listed: Node) -> None:
        """An entry of the dependencies that is a mapping: `pip:` or `sel(...):`."""
        word = kind.value if isinstance(kind, ScalarNode) else ""
        if word == "pip":
            self._pip += filter(None, map(self._entry, self._items(kind, listed)))
        elif match := _SELECTED.fullmatch(word):
            if self._selected(kind, match[1], word) and (entry := self._entry(listed)):
                self._kept["dependencies"].append(entry)
        else:
            what = f"`{str(word)[:40]}:` does not belong among the dependencies."
            fix = "Write `- numpy=1.26` for a conda package, and others below `- pip:`."
            self._refuse(kind, what, fix)

    def _read_variables(self, _: Node, value: Node) -> None:
        if value.tag == _NULL:
            return
        if not isinstance(value, MappingNode):
            self._refuse(value, "`variables:` is not a list of `NAME: value`.", _VARIABLES)
            return
        for key, given in value.value:
            if problem := _of_variable(key, given):
                self._refuse(key, problem, _VARIABLES)
            else:
                self._variables[key.value] = given.value

    def _items(self, key: Node, value: Node) -> Iterator[Node]:
        if value.tag == _NULL:
            return
        if isinstance(value, SequenceNode):
            yield from value.value
        else:
            what = f"`{key.value}:` is not a list."
            self._refuse(value, what, f"Write `{key.value}:` and below it lines such as `  - x`.")

    def _entry(self, node: Node) -> Entry | None:
        """A word of a list; None when it is none, or is for another machine."""
        if not isinstance(node, ScalarNode) or not node.value.strip() or node.tag == _NULL:
            self._refuse(node, "An entry of the list is not a word.", "Write it as `- word`.")
            return None
        text = node.value.strip()
        selector = selectors.of_line(self._last_line(node))
        if selector is not None and not self._selected(node, selector, text):
            return None
        return Entry(text, _line(node))

    def _last_line(self, node: Node) -> str:
        number = int(node.end_mark.line)
        return self._lines[number] if number < len(self._lines) else ""

    def _selected(self, node: Node, selector: str, shown: str) -> bool:
        truth = selectors.holds(selector)
        if truth is None:
            what = f"The selector [{selector[:40]}] cannot be understood."
            fix = "Write one such as [linux], [not win] or [osx or linux], or remove it."
            self._refuse(node, what, fix)
        elif not truth:
            self._note(node, f"`{hidden(shown)[:80]}` is left out: it is for [{selector}] only.")
        return bool(truth)

    def _refuse(self, node: Node, what: str, fix: str) -> None:
        self.wrong.append(wrong(_line(node), what, fix))

    def _note(self, node: Node, what: str) -> None:
        self._notes.append(note(_line(node), what))


EXAMPLE = "Write `channels:` and `dependencies:`, each with a list below it."
_VARIABLES = "Write lines such as `  LOG_LEVEL: info` below `variables:`."


def _of_variable(key: Node, value: Node) -> str:
    """What is wrong with a line of `variables:`, '' if nothing."""
    name = key.value if isinstance(key, ScalarNode) else ""
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name) or len(name) > 200:
        return f"`{str(name)[:40]}` is no name of a variable."
    if name in ("PORT", "PATH") or name.startswith("PORTICO_"):
        return f"{name} is set by Portico."
    if not isinstance(value, ScalarNode) or value.tag == _NULL:
        return f"{name} has no value."
    return "" if "\0" not in value.value else f"The value of {name} holds a NUL character."


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
