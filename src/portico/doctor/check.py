"""A line of what the doctor says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What is `needed` must be on for the server to work at all."""

    name: str
    on: bool
    how: str  # to turn it on
    needed: bool = False
