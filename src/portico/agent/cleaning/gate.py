"""Builds side by side, or the cleaner alone: a cache is never pruned under a build's feet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Gate:
    """Open unless somebody wants to be alone."""

    def __init__(self) -> None:
        self._builds = 0
        self._open, self._idle = asyncio.Event(), asyncio.Event()
        self._open.set()
        self._idle.set()

    @property
    def busy(self) -> bool:
        """Whether something is being built."""
        return self._builds > 0

    @contextlib.asynccontextmanager
    async def building(self) -> AsyncIterator[None]:
        """Waits while somebody is alone, or waits for it."""
        while not self._open.is_set():
            await self._open.wait()
        self._builds += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._builds -= 1
            if not self._builds:
                self._idle.set()

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Waits until the builds under way have ended, and keeps new ones waiting."""
        self._open.clear()
        try:
            await self._idle.wait()
            yield
        finally:
            self._open.set()
