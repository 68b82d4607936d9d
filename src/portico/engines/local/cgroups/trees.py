"""Where control groups can be made on this machine. Pure.

Of version 1 each controller has a tree of its own, of version 2 all share one, in which a group may
hold processes or other groups, not both. See docs/decisions/0012-build-isolation.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CONTROLLERS = frozenset({"memory", "cpu", "pids"})
# Of version 1 only: it counts what version 2 counts without a controller.
ACCOUNTING = "cpuacct"
# The group of version 2 that the server itself moves into, to make room for others beside it.
SERVERS_OWN = "portico-server"


@dataclass(frozen=True)
class Tree:
    """A mounted hierarchy: the folder in which groups are made, and the controllers that it has."""

    version: int
    root: Path
    controllers: frozenset[str]


@dataclass(frozen=True)
class Mounted:
    """A line of /proc/self/mountinfo about control groups; `own` is this process's group there."""

    version: int
    root: Path
    own: Path
    options: frozenset[str]


def mounted(mountinfo: str, groups: str) -> Iterator[Mounted]:
    """`groups` is /proc/self/cgroup."""
    own = {names: path for _, names, path in _groups(groups)}
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        inside, point = (_plain(field) for field in before.split(" ")[3:5])
        if kind == "cgroup2":
            yield Mounted(2, Path(point), _below(point, inside, own.get("", "/")), frozenset())
        elif kind == "cgroup":
            yield Mounted(1, Path(point), Path(point), frozenset(options.split(",")))


def _groups(text: str) -> Iterator[list[str]]:
    yield from (line.split(":", 2) for line in text.splitlines())


def _plain(field: str) -> str:
    """A path of mountinfo, in which blanks are octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)


def _below(point: str, inside: str, group: str) -> Path:
    """The folder of a group, in a mount that shows what is `inside` that group and below."""
    relative = Path(group)
    if relative.is_relative_to(inside):
        relative = relative.relative_to(inside)
    return Path(point) / str(relative).lstrip("/")


def trees(found: Iterator[Mounted], unified: frozenset[str], base: Path | None) -> tuple[Tree, ...]:
    """A tree for each controller that is there; each belongs to one version only.

    `unified` are the controllers of version 2, `base` the folder where its groups may be made.
    """
    made: list[Tree] = []
    left = {*CONTROLLERS, ACCOUNTING}
    for mount in found:
        offered = unified if mount.version == 2 else mount.options
        root = base if mount.version == 2 else mount.root
        if root is not None and (taken := left & offered):
            made.append(Tree(mount.version, root, frozenset(taken)))
            left -= taken
    return tuple(made)


def parent(own: Path) -> Path:
    """The group that was handed to the server: it may have moved into one of its own below."""
    return own.parent if own.name == SERVERS_OWN else own
