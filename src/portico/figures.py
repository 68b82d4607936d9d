"""What apps use and do, from agent to web every few seconds: beside the report, and not kept on disk."""

from __future__ import annotations

from typing import Annotated, Literal

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


Count = Annotated[int, Field(ge=0)]
PLATFORM = 0  # where there could be an app's id
# Classes of answers: 2 is 200 to 299.
CLASSES = ("1", "2", "3", "4", "5")
# Seconds until an answer began.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Requests(Document):
    """What has been answered since the router started, or, where that is said, in some time."""

    answers: tuple[Count, ...] = Field(
        default=(0,) * len(CLASSES),
        min_length=len(CLASSES),
        max_length=len(CLASSES),
        description="how many, by CLASSES",
    )
    took: tuple[Count, ...] = Field(
        default=(0,) * (len(BOUNDS) + 1),
        min_length=len(BOUNDS) + 1,
        max_length=len(BOUNDS) + 1,
        description="how many began within BOUNDS but not within the one before; at last the rest",
    )
    seconds: float = Field(default=0.0, ge=0, description="until they began, of all together")


class LogDrainFigures(Document):
    """How a log drain stands; counts are of lines, since it was made or the machine started."""

    id: Id
    state: Literal["waiting", "delivering", "failing"] = "waiting"
    why: str = Field(default="", max_length=400, description="the last error, in words")
    sent: int = Field(default=0, ge=0)
    lost: int = Field(default=0, ge=0, description="not taken in time")


class AppFigures(Document):
    id: Id
    processes: tuple[ProcessFigures, ...] = ()
    requests: Requests | None = Field(default=None, description="None: none, or the router is away")
    log_drains: tuple[LogDrainFigures, ...] = ()


class Figures(Document):
    """Posted every few seconds, all apps at once; each replaces the one before."""

    time: float = Field(description="Unix time of the look")
    apps: tuple[AppFigures, ...] = ()
    platform: Requests | None = Field(
        default=None, description="what the platform answered; None: the router is away"
    )
