"""Work on files beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


async def to_the_end(work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """As `asyncio.to_thread`, but a cancelled one too is over only when the work is."""
    task = asyncio.create_task(asyncio.to_thread(work, *args, **kwargs))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
