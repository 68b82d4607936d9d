"""What processes use, as /proc tells: where no control group counts it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from portico.engines.limits import Usage
from portico.engines.local.process_table.pids import PROC, descendants

TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
CPU_TIMES = slice(11, 15)  # of itself and of the children that it has waited for
THREADS, RESIDENT = 17, 21


def used_by(init: int) -> Usage:
    """All of a sandbox, whose first process is `init`. Memory that several share counts for each."""
    found = list(_stats(init))
    return Usage(
        cpu_seconds=sum(sum(map(int, fields[CPU_TIMES])) for fields in found) / TICKS,
        memory=sum(int(fields[RESIDENT]) for fields in found) * PAGE,
        processes=sum(int(fields[THREADS]) for fields in found),
    )


def _stats(init: int) -> Iterator[list[str]]:
    for pid in (init, *descendants(init)):
        try:
            text = (PROC / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            continue
        yield text.rpartition(")")[2].split()
