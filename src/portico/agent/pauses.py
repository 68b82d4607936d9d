"""How long the agent waits when it has failed, before it tries the same again."""

from __future__ import annotations

import asyncio

AFTER_ERROR = 1.0  # seconds: soon enough for who waits, rare enough for the log


async def pause_after_error() -> None:
    await asyncio.sleep(AFTER_ERROR)
