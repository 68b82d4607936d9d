"""Where control groups can be made on this machine, and what is written into them. Pure.

Linux has two kinds. Of version 1 each controller has a tree of its own, of version 2 all share one,
in which a group may hold processes or other groups, not both. See docs/decisions/0012-build-isolation.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from portico.engines.engine import Limits

CONTROLLERS = frozenset({"memory", "cpu", "pids"})
NORMAL_SHARES = 1024  # of version 1, what a weight of 100 is in version 2
PERIOD = 100_000  # microseconds
# The group of version 2 that the server itself moves into, to make room for others beside it.
SERVERS_OWN = "portico-server"


@dataclass(frozen=True)
class Tree:
    """A mounted hierarchy: its root here, and the controllers that it has."""

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
    left = set(CONTROLLERS)
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


def settings(tree: Tree, limits: Limits) -> dict[str, str]:
    """The files of a group, in the order in which they are written."""
    files: dict[str, str] = {}
    if "memory" in tree.controllers and limits.memory is not None:
        files |= _memory(tree.version, limits.memory)
    if "cpu" in tree.controllers:
        files |= _cpu(tree.version, limits)
    if "pids" in tree.controllers and limits.pids is not None:
        files["pids.max"] = str(limits.pids)
    return files


def _memory(version: int, count: int) -> dict[str, str]:
    """Without swap, of which some kernels do not count; `oom.group` ends all of it together."""
    if version == 1:
        return {"memory.limit_in_bytes": str(count), "memory.memsw.limit_in_bytes": str(count)}
    return {"memory.max": str(count), "memory.swap.max": "0", "memory.oom.group": "1"}


# Files that not every kernel has.
OPTIONAL = frozenset({"memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group"})


def _cpu(version: int, limits: Limits) -> dict[str, str]:
    files: dict[str, str] = {}
    if limits.cpu_weight is not None:
        shares = max(2, limits.cpu_weight * NORMAL_SHARES // 100)
        files |= {"cpu.shares": str(shares)} if version == 1 else _weight(limits.cpu_weight)
    if limits.cpus is not None:
        quota = str(int(limits.cpus * PERIOD))
        one = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": quota}
        files |= one if version == 1 else {"cpu.max": f"{quota} {PERIOD}"}
    return files


def _weight(weight: int) -> dict[str, str]:
    return {"cpu.weight": str(weight)}


def count(text: str, name: str) -> int:
    """A number by name, as in memory.events and memory.oom_control."""
    found = re.search(rf"^{name} (\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else 0


def rlimits(limits: Limits, has: frozenset[str]) -> Mapping[str, int]:
    """What each process can be told where a controller is missing; weaker, by prlimit's names.

    A process's own data instead of all memory; and the processes of a user, of which there are
    others when the server does without root on an old kernel.
    """
    found: dict[str, int] = {}
    if limits.memory is not None and "memory" not in has:
        found["data"] = limits.memory
    if limits.pids is not None and "pids" not in has:
        found["nproc"] = limits.pids
    return found
