"""How a process ended, from its code and from what was counted of its group."""

from __future__ import annotations

import signal

from portico.engines.engine import Exit
from portico.engines.limits import OutOfMemory
from portico.engines.local.cgroups.counters import Counters

KILLED = 128 + signal.SIGKILL


def how(code: int | None, counters: Counters) -> Exit:
    """One that was killed, in a group that has lost processes for its memory, was one of those."""
    if code not in (KILLED, None) or not counters.killed:
        return Exit(code)
    own = counters.reached_its_memory
    return Exit(code, OutOfMemory.ITS_OWN if own else OutOfMemory.ALL_APPS)
