"""Platform selectors: `# [linux]` behind an entry, and `sel(linux): entry`. Pure."""

from __future__ import annotations

import platform
import re

_COMMENT = re.compile(r"\s#\s*\[([^\]]*)\]\s*$")
_WORD = re.compile(r"[a-z0-9_-]+")
_SYSTEMS = {"linux", "unix", "osx", "win"}
_MACHINES = {
    "x86_64": {"x86_64", "x86", "linux64", "linux-64"},
    "aarch64": {"aarch64", "arm64", "linux-aarch64"},
    "ppc64le": {"ppc64le", "linux-ppc64le"},
    "s390x": {"s390x", "linux-s390x"},
    "armv7l": {"armv7l", "linux-armv7l"},
}
_ELSEWHERE = {"win32", "win64", "win-64", "win-32", "osx-64", "osx-arm64", "linux32", "linux-32"}
KNOWN = _SYSTEMS | _ELSEWHERE | set().union(*_MACHINES.values())


def of_line(line: str) -> str | None:
    """The selector in a line's comment, None without one."""
    match = _COMMENT.search(line)
    return match[1].strip() if match else None


def holds(selector: str, machine: str = "") -> bool | None:
    """Whether an entry is for this machine; None when the selector cannot be understood."""
    here = {"linux", "unix"} | _MACHINES.get(machine or platform.machine(), set())
    anywhere = False
    for alternative in re.split(r"\bor\b", selector.lower()):
        conditions = [part.strip() for part in re.split(r"\band\b", alternative)]
        truths = [_truth(condition, here) for condition in conditions]
        if None in truths:
            return None
        anywhere = anywhere or all(truths)
    return anywhere


def _truth(condition: str, here: set[str]) -> bool | None:
    negated, name = condition.startswith("not "), condition.removeprefix("not ").strip()
    if not _WORD.fullmatch(name) or name not in KNOWN:
        return None
    return (name in here) is not negated
