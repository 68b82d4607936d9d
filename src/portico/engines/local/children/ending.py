"""The end of a launcher, with all that is below it."""

from __future__ import annotations

import asyncio
import signal

from portico.engines.local.children.spawn import Child
from portico.engines.local.process_table.pids import descendants, end_all


async def end_tree(child: Child) -> None:
    """End a launcher with all that is in its sandbox, at whatever point of its launch it is.

    Reaping it is left to who waits for it.
    """
    child.held.signal(signal.SIGSTOP)  # so that it starts nothing more
    below = list(descendants(child.held.pid.pid))
    child.held.signal(signal.SIGKILL)
    await end_all(below)


async def end(child: Child, ended: asyncio.Future[int]) -> None:
    """End what may still run of it and wait for `ended`, which reaps it."""
    if not ended.done():
        await end_tree(child)
    await ended
    child.close()
