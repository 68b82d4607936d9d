"""What apps use and do, from agent to web every few seconds: beside the report, and not kept on disk."""

from __future__ import annotations

from pydantic import Field

from portico.wire import Document, Id, ProcessName


class ProcessFigures(Document):
    """What a running process uses, with all that it has started; None: nobody counts it."""

    handle: str = Field(max_length=200)
    name: ProcessName
    cpu_seconds: float | None = Field(default=None, description="since it started")
    cpu: float | None = Field(default=None, description="cores, since the look before")
    memory: int | None = None
    memory_limit: int | None = None
    processes: int | None = Field(default=None, description="and threads")


class AppFigures(Document):
    id: Id
    processes: tuple[ProcessFigures, ...] = ()


class Figures(Document):
    """Posted every few seconds, all apps at once; each replaces the one before."""

    time: float = Field(description="Unix time of the look")
    apps: tuple[AppFigures, ...] = ()
