"""What processes may use, what they use, and what there is: words of the engine's contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True)
class Limits:
    """What something may use, all its processes together; None: whatever there is."""

    memory: int | None = None  # bytes
    cpu_weight: int | None = None  # against others of its kind, 100 is usual
    cpus: float | None = None  # cores at most
    pids: int | None = None  # processes and threads at once
    files: int | None = None  # open at once, in each process; counts from its start on
    ends_together: bool = False  # when memory is used up, all of it ends, not one process

    @property
    def changeable(self) -> Limits:
        """Without what cannot be changed while it runs."""
        return replace(self, files=None)


UNLIMITED = Limits()


class OutOfMemory(StrEnum):
    """Whose memory was used up when a process was ended for that."""

    ITS_OWN = "its own"
    ALL_APPS = "that of all apps together"


@dataclass(frozen=True)
class Capacity:
    """What there is for processes, and which limits the engine keeps, by the names of portico.limits.

    `changeable` are those of them that it can change while a process runs.
    """

    memory: int  # bytes, all together
    cpus: float
    enforced: frozenset[str]
    changeable: frozenset[str]


@dataclass(frozen=True)
class Usage:
    """What a process uses, all of it together; None: nobody counts it."""

    cpu_seconds: float | None = None  # of processor time, since it started
    memory: int | None = None  # bytes
    processes: int | None = None  # and threads
    killed: int = 0  # how many of its own it has lost because memory was used up
    refused: int = 0  # how often it could not start one more
