"""What a process may use, as people write and read it: `memory=2G cpu=1.5 pids=512 files=65536`.

Shared by the command line, the control plane and the agent; knows nothing of any of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from portico.errors import PorticoError

NAMES = ("memory", "cpu", "pids", "files")
DEFAULT = "default"  # takes a limit of one's own back
GIB, MIB, KIB = 1 << 30, 1 << 20, 1 << 10
UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB, "T": 1 << 40}
LEAST: dict[str, float] = {"memory": 16 * MIB, "cpu": 0.01, "pids": 10, "files": 32}
SUBJECT = {
    "memory": "of memory",
    "cpu": "processor cores",
    "pids": "processes and threads",
    "files": "open files",
}
_BYTES = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMGT]?)(?:i?B)?", re.IGNORECASE)
_COUNT = re.compile(r"[0-9]+")
_CORES = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_EXAMPLES = {"memory": ("memory=512M", "memory=2G"), "cpu": ("cpu=0.5", "cpu=2")}

Value = int | float | None
# What one says of a process type; None takes it back.
Changes = dict[str, Value]


@dataclass(frozen=True)
class Most:
    """The upper bounds of one limit: the machine's, and the operator's with the setting's name."""

    machine: float | None = None
    operator: float | None = None
    setting: str = ""


def parsed(words: Iterable[str]) -> Changes:
    """From `NAME=VALUE`. Raises PorticoError."""
    return dict(_limit(word) for word in words)


def _limit(word: str) -> tuple[str, Value]:
    name, equals, text = word.partition("=")
    if not equals:
        raise PorticoError(
            f"{word!r} is not a limit.",
            f"A limit is written NAME=VALUE, and its name is one of {', '.join(NAMES)}.",
            "For example `portico limits APP web memory=2G cpu=1.5`.",
        )
    if name not in NAMES:
        raise unknown(name)
    return name, None if text == DEFAULT else _value(name, text)


def unknown(name: str) -> PorticoError:
    return PorticoError(
        f"There is no limit {name!r}.",
        f"The limits of a process type are {', '.join(NAMES)}.",
        "For example `portico limits APP web memory=2G cpu=1.5`.",
    )


def _value(name: str, text: str) -> int | float:
    if name == "memory" and (found := _BYTES.fullmatch(text)):
        return int(float(found[1]) * UNITS[found[2].upper()])
    if name == "cpu" and _CORES.fullmatch(text):
        return float(text)
    if name in ("pids", "files") and _COUNT.fullmatch(text):
        return int(text)
    raise _malformed(name, text)


def _malformed(name: str, text: str) -> PorticoError:
    how = {
        "memory": "It is a number with K, M, G or T behind it, or of bytes.",
        "cpu": "It is a number of processor cores.",
    }.get(name, "It is a whole number.")
    examples = " or ".join(_EXAMPLES.get(name, (f"{name}=512",)))
    return PorticoError(
        f"{name}={text} cannot be a limit.",
        how,
        f"For example {examples}; {name}={DEFAULT} takes it back.",
    )


def check(name: str, value: float, most: Most) -> None:
    """Raise a PorticoError for a value that cannot be."""
    if not math.isfinite(value) or (name != "cpu" and value != int(value)):
        raise _malformed(name, f"{value:g}")
    if value < LEAST[name]:
        raise PorticoError(
            f"{said(name, value)} {SUBJECT[name]} are too little for a process.",
            f"The least is {said(name, LEAST[name])}.",
            f"Choose at least that, or take it back: {name}={DEFAULT}.",
        )
    if most.operator is not None and value > most.operator:
        raise PorticoError(
            f"{said(name, value)} {SUBJECT[name]} are more than the operator of this server allows.",
            f"A process can have up to {said(name, most.operator)}.",
            f"Choose less, or ask the operator to raise {most.setting}.",
        )
    if most.machine is not None and value > most.machine:
        raise PorticoError(
            f"{said(name, value)} {SUBJECT[name]} are more than this server has for apps.",
            f"All apps together can use {said(name, most.machine)}.",
            "Choose less, or run more processes on a larger server.",
        )


def said(name: str, value: float | None) -> str:
    """A value as people read it; None: no limit of its own."""
    if value is None:
        return "all"
    return (
        amount(value)
        if name in ("memory", "disk")
        else f"{value:g}"
        if value < 1e6
        else f"{value:.0f}"
    )


def amount(count: float) -> str:
    """Bytes as people say them."""
    for unit, name in ((UNITS["T"], "TiB"), (GIB, "GiB"), (MIB, "MiB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}" if unit > MIB else f"{count / MIB:.0f} MiB"
    return f"{count / KIB:.0f} KiB" if count >= KIB else f"{count:.0f} bytes"


def written(count: int) -> str:
    """Bytes as one writes them to `portico limits`, at least as many."""
    for letter in ("T", "G", "M"):
        if count % UNITS[letter] == 0:
            return f"{count // UNITS[letter]}{letter}"
    return f"{-(-count // MIB)}M"


def raise_it(app: str, kind: str, memory: int) -> str:
    """The command that gives a process twice the memory that was not enough."""
    return f"portico limits {app} {kind} memory={written(2 * memory)}"
