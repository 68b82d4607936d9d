"""Ranges of user ids and how a user namespace maps them. Pure, but for the looking up.

A mapping says which numbers inside a namespace stand for which outside. Without root those outside
are the server's own id and the subordinate ones that /etc/subuid and /etc/subgid give its user; as
root any may be used. `opening.py` makes namespaces of mappings.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from portico.layout import LEAST_IDS, STACK_IDS, Users

SUBUID, SUBGID, NSSWITCH = Path("/etc/subuid"), Path("/etc/subgid"), Path("/etc/nsswitch.conf")
MOST_SPANS = 340  # the kernel's own limit for one mapping
NOBODY = 65_534


@dataclass(frozen=True)
class Range:
    """`count` ids from `first` on."""

    first: int
    count: int


@dataclass(frozen=True)
class Span:
    """`count` ids, from `inside` on in the namespace, from `outside` on around it."""

    inside: int
    outside: int
    count: int


@dataclass(frozen=True)
class Mapping:
    uids: tuple[Span, ...]
    gids: tuple[Span, ...]

    @property
    def subordinate(self) -> int:
        """How many ids there are inside beside 0."""
        return sum(span.count for span in self.uids) - 1


@dataclass(frozen=True)
class NoIds:
    """Why there is no mapping of several ids, and what gives one, in sentences."""

    found: str
    hint: str


# --- the server's user and its subordinate ids --------------------------------------------------


def server_mapping() -> Mapping | NoIds:
    """The mapping for this process's user: itself as 0, its subordinate ids from 1 on."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return NoIds(
            f"User {os.geteuid()} has no name on this machine, and newuidmap serves none without.",
            "Make an account for the server's user.",
        )
    if missing := [p for p in ("newuidmap", "newgidmap") if shutil.which(p) is None]:
        return NoIds(f"{' and '.join(missing)} cannot be found.", "Install the package uidmap.")
    uids, gids = subordinate_ids(name, os.geteuid())
    return mapping_of(name, (os.geteuid(), os.getegid()), uids, gids)


def mapping_of(
    name: str, own: tuple[int, int], uids: Iterable[Range], gids: Iterable[Range]
) -> Mapping | NoIds:
    """As many ids as there are both of users and of groups: an app has one number for both."""
    uid_spans, gid_spans = (tuple(_consecutive(ranges)) for ranges in (uids, gids))
    count = min(sum(span.count for span in spans) for spans in (uid_spans, gid_spans))
    if count < LEAST_IDS:
        return NoIds(
            f"{name} has {count} subordinate ids; {LEAST_IDS} are the least that are of use.",
            f"Give it some, as root: usermod --add-subuids 524288-589823 --add-subgids "
            f"524288-589823 {name} (numbers that nobody else has).",
        )
    return Mapping(
        (Span(0, own[0], 1), *_first(count, uid_spans)),
        (Span(0, own[1], 1), *_first(count, gid_spans)),
    )


def _consecutive(ranges: Iterable[Range]) -> Iterator[Span]:
    inside = 1
    for found in islice(ranges, MOST_SPANS - 1):
        yield Span(inside, found.first, found.count)
        inside += found.count


def _first(count: int, spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        if span.inside <= count:
            yield Span(span.inside, span.outside, min(span.count, count - span.inside + 1))


def subordinate_ids(name: str, uid: int) -> tuple[tuple[Range, ...], tuple[Range, ...]]:
    """Those of users and of groups, in the order in which they are listed."""
    if _asks_elsewhere():
        groups = _said("getsubids", "-g", name)
        return parse_listing(_said("getsubids", name)), parse_listing(groups)
    names = (name, str(uid))
    return parse_file(_read(SUBUID), names), parse_file(_read(SUBGID), names)


def _asks_elsewhere() -> bool:
    return bool(re.search(r"^subid:\s*(?!files\s*$)\S", _read(NSSWITCH), re.MULTILINE))


def parse_file(text: str, names: Collection[str]) -> tuple[Range, ...]:
    """The lines `name:first:count` of /etc/subuid, by name and by number; others are not ours."""
    fields = (line.strip().split(":") for line in text.splitlines())
    own = (words[1:] for words in fields if len(words) == 3 and words[0] in names)
    return tuple(_ranges(own))


def parse_listing(text: str) -> tuple[Range, ...]:
    """The lines `0: name first count` of getsubids."""
    fields = (line.split() for line in text.splitlines())
    return tuple(_ranges(words[2:] for words in fields if len(words) == 4))


def _ranges(pairs: Iterable[list[str]]) -> Iterator[Range]:
    for first, count in pairs:
        if first.isascii() and first.isdigit() and count.isascii() and count.isdigit():
            yield Range(int(first), int(count))


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _said(*words: str) -> str:
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


# --- the ids of stacks ------------------------------------------------------------------------


def stack_mapping(users: Users) -> Mapping | None:
    """For root file systems with users of their own, inside the engine's namespace or as root.

    With too few ids for all of them: the distribution's own users, and nobody. None without ids.
    """
    if users.stack is None:
        return None
    first, count = users.stack
    if count == STACK_IDS:
        spans: tuple[Span, ...] = (Span(0, first, count),)
    else:
        spans = (Span(0, first, count - 1), Span(NOBODY, first + count - 1, 1))
    return Mapping(spans, spans)
