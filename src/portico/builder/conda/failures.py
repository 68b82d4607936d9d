"""What rattler's failures mean to an author: its own words under one sentence of ours. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portico.builder.conda import specs
from portico.builder.conda.channels import Channel, hidden
from portico.builder.conda.document import NAME
from portico.builder.conda.specs import Spec
from portico.errors import PorticoError

_ABSENT = re.compile(r"No candidates were found for ([^\s.]+)")
_DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded|os error (28|122)\b")


def unsolvable(
    words: str, wanted: Iterable[Spec], python: str, channels: Iterable[Channel]
) -> PorticoError:
    """rattler's own explanation under one sentence of ours."""
    said = hidden(words).strip().removeprefix("Cannot solve the request because of: ")
    searched = ", ".join(channel.address for channel in channels)
    added = specs.python_to_add(wanted, python)
    note = f"\n{NAME} names no Python, so that {python} was asked for." if added else ""
    absent = _ABSENT.match(said)
    hint = (
        f"Correct the name or the version of {absent[1]}, or add a channel that has it."
        if absent
        else "Loosen the versions that contradict each other."
    )
    return PorticoError(
        f"The packages of {NAME} cannot be installed.",
        f"{said.strip()}\nSearched in {searched}.{note}",
        f"{hint} Try it on your machine with `conda env create`, and deploy again.",
    )


def unreachable(words: str) -> PorticoError:
    """A channel that is not there, or does not answer."""
    said = hidden(words).strip()
    if full := _disk_full(said):
        return full
    if "could not find subdir" in said:
        return PorticoError(
            "A conda channel does not exist.",
            said,
            f"Correct the channel's name in {NAME}; the operator's addresses are in conda_channels.",
        )
    return PorticoError(
        "A conda channel could not be reached.",
        said,
        "Deploy again; if it fails again, ask the operator whether the server may reach it.",
    )


def not_unpacked(package: str, words: str) -> PorticoError:
    """An archive that is what its channel announces, and no package all the same."""
    return _disk_full(words) or PorticoError(
        f"The conda package {package} cannot be unpacked.",
        words,
        "Take another version or another channel, and tell those who keep this one.",
    )


def not_linked(words: str) -> PorticoError:
    """Packages that cannot be put together in a folder."""
    return _disk_full(words) or PorticoError(
        "The conda packages could not be linked.",
        words,
        "Take another version of the package that is named there, and deploy again.",
    )


def _disk_full(words: str) -> PorticoError | None:
    if not _DISK_FULL.search(words):
        return None
    return PorticoError(
        "The server's disk is full.",
        f"The packages of {NAME} could not be written.",
        "Ask the operator to free space; nothing of this build was kept.",
    )
