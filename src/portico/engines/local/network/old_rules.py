"""Rules of the old iptables: the kernel keeps them apart from those that nft lists."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portico.engines.local.children.spawn import CONSTANT
from portico.engines.local.network.names import ANY_SERVER
from portico.engines.local.network.packet_filter import PATH

SECONDS = 10


@dataclass(frozen=True)
class Family:
    """Which file names the tables that there are, and which programs can list them."""

    tables: Path
    programs: tuple[str, ...]


# To ask a program makes the tables if there are none, so the kernel is asked first.
FAMILIES = (
    Family(Path("/proc/thread-self/net/ip_tables_names"), ("iptables-legacy", "iptables")),
    Family(Path("/proc/thread-self/net/ip6_tables_names"), ("ip6tables-legacy", "ip6tables")),
)


def blocking_programs() -> list[str]:
    """Those that have been told to drop what is passed on, in this thread's network."""
    return [program for family in FAMILIES for program in _blocking(family)]


def _blocking(family: Family) -> Iterator[str]:
    if "filter" not in _words(family.tables):
        return
    found = (program for program in family.programs if shutil.which(program, path=PATH))
    if (program := next(found, None)) is not None and drops(_rules(program)):
        yield program


def drops(rules: str) -> bool:
    """What is passed on, unless a rule speaks of processes. Pure; of `iptables -S`."""
    lines = [line.split() for line in rules.splitlines()]
    accepted = any(
        line[-1] == "ACCEPT" and any(word.startswith(ANY_SERVER) for word in line)
        for line in lines
        if line
    )
    return ["-P", "FORWARD", "DROP"] in lines and not accepted


def _rules(program: str) -> str:
    try:
        done = subprocess.run(
            (shutil.which(program, path=PATH) or program, "-S"),
            capture_output=True,
            text=True,
            check=False,
            env=dict(CONSTANT),
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
