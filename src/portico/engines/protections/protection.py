"""A line of what the doctor says of a machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Protection:
    """`how` to turn it on, or what is in the way; empty when it is on."""

    name: str
    on: bool
    how: str = ""


def protection(name: str, on: bool, how: str) -> Protection:
    """`how` counts where it is off."""
    return Protection(name, on, "" if on else how)
