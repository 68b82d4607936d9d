"""The life of a process: its phases, and after its end, when it is started again. Pure.

                 answers            fails its check
    starting ---------> running ------------------> unhealthy
        |                  |                            |
        |                  +-- gets no more requests ---+--> draining
        |                  |                            |       |
        +------------------+------ told to end ---------+-------+--> stopping --> (gone)

It may end in any phase. Told to, it is gone; else its name's `Slot` counts a death, and says when
the next process of that name starts: at once, then after growing pauses. Until then the name is
waiting, and after three deaths in a row it is called crashed.

Failing its check is a death, too, whose process serves on until the next one of its name answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from portico.agent.clock import Moment

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
STABLE_AFTER = 60.0  # seconds up, after which the past is forgiven
CRASH_LOOP = 3  # deaths in a row that make a process `crashed`


class Phase(StrEnum):
    """Where a started process stands between its launch and its end."""

    STARTING = "starting"  # started, not yet known to answer
    RUNNING = "running"  # may get requests, when it is a web process
    UNHEALTHY = "unhealthy"  # has failed its liveness check; serves until another can
    DRAINING = "draining"  # gets no new requests, finishes what it has begun
    STOPPING = "stopping"  # told to end


# Phase -> those it may follow.
ORIGINS: dict[Phase, tuple[Phase, ...]] = {
    Phase.STARTING: (),
    Phase.RUNNING: (Phase.STARTING,),
    Phase.UNHEALTHY: (Phase.RUNNING,),
    Phase.DRAINING: (Phase.RUNNING, Phase.UNHEALTHY),
    Phase.STOPPING: (Phase.STARTING, Phase.RUNNING, Phase.UNHEALTHY, Phase.DRAINING),
}


def ends_unasked(phase: Phase) -> bool:
    """Whether an end in this phase is a death: nobody had asked for it, or counted it already."""
    return phase in (Phase.STARTING, Phase.RUNNING)


@dataclass(frozen=True)
class Slot:
    """The history of one process name, `web.1`, over its restarts."""

    deaths: int = 0  # in a row, without having been stable
    restarts: int = 0
    next_start: float = 0.0  # a time of the steady clock
    last_exit: str | None = None
    out_of_memory: bool = False  # what it ended of
    since: float = 0.0  # Unix time of the last death

    @property
    def crashed(self) -> bool:
        return self.deaths >= CRASH_LOOP

    def after_death(
        self, now: Moment, uptime: float, words: str, *, out_of_memory: bool = False
    ) -> Slot:
        """The history after the death of a process that had answered for so long."""
        deaths = 1 if uptime >= STABLE_AFTER else self.deaths + 1
        return replace(
            self,
            deaths=deaths,
            restarts=self.restarts + 1,
            next_start=now.steady + pause(deaths),
            last_exit=words,
            out_of_memory=out_of_memory,
            since=now.unix,
        )


def pause(deaths: int) -> float:
    """Seconds to wait before the next start, after so many deaths in a row."""
    if deaths <= 1:
        return 0.0
    # The exponent is bounded: a process may have died thousands of times.
    return min(FIRST_PAUSE * 2.0 ** min(deaths - 2, 10), LONGEST_PAUSE)
