"""Which settings of the kernel leave too little for a server, or forbid what it needs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from portico.engines.protections.protection import Protection, protection
from portico.sysctls import SYSCTL


@dataclass(frozen=True)
class Enough:
    """A number that must not be below `least`; `better` is what to set."""

    name: str
    setting: str
    least: int
    better: int


# The router watches a file for each app, with an instance of its own; apps watch theirs.
# An app may open 65,536 files: a few of them must not use up what all have.
NUMBERS = (
    Enough("inotify instances for the router", "fs/inotify/max_user_instances", 8192, 65_536),
    Enough(
        "inotify watches for the router and apps", "fs/inotify/max_user_watches", 16_384, 524_288
    ),
    Enough("open files of the whole machine", "fs/file-max", 1 << 20, 1 << 22),
    Enough("open files that a process can be allowed", "fs/nr_open", 65_536, 1 << 20),
)
# What distributions forbid user namespaces with, what means that they do, and what to set.
FORBIDDING = (
    ("user/max_user_namespaces", "0", "15000"),
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
)


def enough(root: Path = SYSCTL) -> Iterator[Protection]:
    """What there is of each, as far as the kernel tells."""
    for number in NUMBERS:
        if (found := _read(root, number.setting)) is not None:
            how = f"There are {int(found):,}: {_command({number.setting: str(number.better)})}."
            yield protection(number.name, int(found) >= number.least, how)


def user_namespaces(allowed: bool, root: Path = SYSCTL) -> Protection:
    """`allowed`: one could be made just now."""
    found = [
        (setting, f"{_dotted(setting)}={value}", better)
        for setting, value, better in FORBIDDING
        if _read(root, setting) == value
    ]
    verb = "forbids" if len(found) == 1 else "forbid"
    because = " and ".join(said for _, said, _ in found)
    commands = _command({setting: better for setting, _, better in found})
    how = f"{because} {verb} them: {commands}." if found else UNEXPLAINED
    return protection("user namespaces", allowed, f"{how} As root the server does without.")


UNEXPLAINED = (
    "None of the kernel's settings says why not. In a container, let it have nested ones (Docker: "
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined)."
)


def _read(root: Path, setting: str) -> str | None:
    with contextlib.suppress(OSError):
        return (root / setting).read_text().strip()
    return None


def _command(settings: Mapping[str, str]) -> str:
    """As root; what is to last stands in /etc/sysctl.d as well."""
    lines = " ".join(f"{_dotted(setting)}={value}" for setting, value in settings.items())
    them = "that line" if len(settings) == 1 else "those lines"
    return f"as root run sysctl {lines} and put {them} into /etc/sysctl.d/portico.conf"


def _dotted(setting: str) -> str:
    return setting.replace("/", ".")
