"""Which config vars are secret, and text without what they hold. Pure.

What a program prints in another shape (backwards, encoded) is not recognised; see
docs/authors/app-structure.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

TELLING = ("KEY", "SECRET", "TOKEN", "PASSWORD", "DSN")
# Shorter ones ("1", "dev") are words that occur by themselves; a log without them tells too little.
SHORTEST_VALUE = 4
SHORTEST_LINE = 8  # of a value of several lines
HIDDEN = "[hidden]"
# The part of an address before its host. A name alone is one only for http: git@host is no secret.
_CREDENTIALS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<who>[^\s/?#\"'<>]*)@", re.IGNORECASE
)
_ENCODED_CREDENTIALS = re.compile(
    r"(?P<scheme>https?%3A%2F%2F)(?P<who>[^\s/?#\"'<>&]*?)%40", re.IGNORECASE
)


def is_secret(name: str, value: str) -> bool:
    """By its name, or because it is an address with credentials."""
    return any(part in name.upper() for part in TELLING) or bool(_credentials(value))


def secrets(config: Mapping[str, str], said: Mapping[str, bool]) -> dict[str, str]:
    """The secret ones. `said` is what the author has decided, by name."""
    return {name: value for name, value in config.items() if said.get(name, is_secret(name, value))}


def without_credentials(text: str) -> str:
    """Addresses in it lose what stands before their host."""
    text = _CREDENTIALS.sub(_hidden, text)
    return _ENCODED_CREDENTIALS.sub(rf"\g<scheme>{HIDDEN}%40", text)


def _hidden(found: re.Match[str]) -> str:
    return f"{found['scheme']}{HIDDEN}@" if _is_credentials(found) else found[0]


def _is_credentials(found: re.Match[str]) -> bool:
    return ":" in found["who"] or (
        bool(found["who"]) and found["scheme"].lower().startswith("http")
    )


def _credentials(text: str) -> list[str]:
    """What stands before the hosts of addresses."""
    return [found["who"] for found in _CREDENTIALS.finditer(text) if _is_credentials(found)]


class Mask:
    """Hides values, in all forms in which they are looked for, behind their names.

    Looking costs the same however many forms there are: by their first characters.
    """

    def __init__(self, values: Iterable[tuple[str, str]] = ()) -> None:
        """Pairs of a name and a secret value."""
        named = {form: name for name, value in values for form in _forms(value)}
        self.longest = max(map(len, named), default=0)
        self._beginning: dict[str, list[tuple[str, str]]] = {}
        for form in sorted(named, key=len, reverse=True):
            self._beginning.setdefault(form[:SHORTEST_VALUE], []).append((form, named[form]))

    def __call__(self, text: str) -> str:
        shown, end = "", 0
        for start, stop, name in self.found(text):
            shown += f"{text[end:start]}[{name}]"
            end = stop
        return without_credentials(shown + text[end:])

    def found(self, text: str) -> list[tuple[int, int, str]]:
        """Where values stand. Those that overlap are one place: no end of another stays visible."""
        places: list[tuple[int, int, str]] = []
        for start, stop, name in self._places(text):
            if places and start < places[-1][1]:
                first, before, kept = places[-1]
                places[-1] = (first, max(before, stop), kept)
            else:
                places.append((start, stop, name))
        return places

    def _places(self, text: str) -> Iterator[tuple[int, int, str]]:
        """In their order; of those that begin at one place the longest."""
        for start in range(len(text) - SHORTEST_VALUE + 1 if self._beginning else 0):
            for form, name in self._beginning.get(text[start : start + SHORTEST_VALUE], ()):
                if text.startswith(form, start):
                    yield start, start + len(form), name
                    break


def _forms(value: str) -> Iterator[str]:
    """A value whole, line by line, and the parts of an address that are secret by themselves."""
    for part in (value.strip(), *_passwords(value)):
        if len(part) >= SHORTEST_VALUE:
            yield from _spellings(part)
    for line in map(str.strip, value.strip().splitlines()):
        if len(line) >= SHORTEST_LINE:
            yield from _spellings(line)


def _passwords(value: str) -> Iterator[str]:
    """As it stands in an address, and as it is told to a server."""
    for who in _credentials(value):
        name, colon, password = who.partition(":")
        secret = password if colon else name
        yield from (secret, unquote(secret))


def _spellings(text: str) -> set[str]:
    """As it is, in addresses, and as programs print texts in quotation marks."""
    quoted = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}
    return {text, quote(text), quote(text, safe=""), quote_plus(text)} | quoted
