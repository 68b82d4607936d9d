"""What the agent finds out about the machine and the disk, for whoever wants to know: from agent to web."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from portico.disk_use import Contents
from portico.doctor.check import Check
from portico.wire import Document, Problem


class Part(StrEnum):
    """Each takes its own time, and is told by itself."""

    MACHINE = "machine"
    DISK = "disk"


class Machine(Document):
    """The doctor's words and the versions of what the server stands on, seen from where the agent is."""

    as_root: bool
    checks: tuple[Check, ...]
    versions: tuple[tuple[str, str], ...] = Field(description="in the order to show them in")


class Examination(Document):
    """A part as it was found, or why it could not be; the other one is None: nothing new."""

    machine: Machine | Problem | None = None
    disk: Contents | Problem | None = None
