"""What is written into a group's files to limit it, and what they say of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portico.engines.limits import Limits
from portico.engines.local.cgroups.trees import Tree

NORMAL_SHARES = 1024  # of version 1, what a weight of 100 is in version 2
PERIOD = 100_000  # microseconds
UNLIMITED = {1: "-1", 2: "max"}
# Files that not every kernel has.
OPTIONAL = frozenset({"memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group"})

File = tuple[str, str]  # name and content


def settings(tree: Tree, limits: Limits) -> tuple[File, ...]:
    """The files of a group, in the order in which they are written."""
    files: list[File] = []
    if "memory" in tree.controllers and limits.memory is not None:
        files += _memory(tree.version, limits)
    if "cpu" in tree.controllers:
        files += _cpu(tree.version, limits)
    if "pids" in tree.controllers and limits.pids is not None:
        files.append(("pids.max", str(limits.pids)))
    return tuple(files)


def changes(tree: Tree, before: Limits, after: Limits) -> tuple[File, ...]:
    """The same for a group that has other limits: those that are gone are taken away too."""
    files = list(settings(tree, after))
    if "cpu" in tree.controllers and before.cpus is not None and after.cpus is None:
        files += _no_cap(tree.version)
    if tree.version == 1 and (after.memory or 0) > (before.memory or 0):
        files = _raised(files)
    return tuple(files)


def _raised(files: list[File]) -> list[File]:
    """Version 1 refuses a limit of memory above that of memory and swap: the latter goes first."""
    return sorted(files, key=lambda file: file[0] != "memory.memsw.limit_in_bytes")


def _memory(version: int, limits: Limits) -> list[File]:
    """Without swap, of which some kernels do not count; `oom.group` ends all of it together."""
    count = str(limits.memory)
    if version == 1:
        return [("memory.limit_in_bytes", count), ("memory.memsw.limit_in_bytes", count)]
    together = "1" if limits.ends_together else "0"
    return [("memory.max", count), ("memory.swap.max", "0"), ("memory.oom.group", together)]


def _cpu(version: int, limits: Limits) -> list[File]:
    files: list[File] = []
    if limits.cpu_weight is not None:
        shares = max(2, limits.cpu_weight * NORMAL_SHARES // 100)
        weight = ("cpu.shares", str(shares)), ("cpu.weight", str(limits.cpu_weight))
        files.append(weight[version - 1])
    if limits.cpus is not None:
        quota, period = str(int(limits.cpus * PERIOD)), str(PERIOD)
        one = [("cpu.cfs_period_us", period), ("cpu.cfs_quota_us", quota)]
        files += one if version == 1 else [("cpu.max", f"{quota} {period}")]
    return files


def _no_cap(version: int) -> list[File]:
    name = {1: "cpu.cfs_quota_us", 2: "cpu.max"}[version]
    return [(name, UNLIMITED[version])]


def count(text: str, name: str) -> int:
    """A number by name, as in memory.events, memory.stat and memory.oom_control."""
    found = re.search(rf"^{name} (\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else 0


def limit(text: str) -> int | None:
    """A file that limits something: None for no limit, which version 1 says with a huge number."""
    number = text.strip()
    return None if number == "max" or int(number) >= 1 << 60 else int(number)


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
