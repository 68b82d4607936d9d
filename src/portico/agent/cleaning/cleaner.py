"""Decides when the disk is cleaned, and does it: caches, and what no slug needs any more."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from dataclasses import dataclass

from portico.agent.cleaning import caches, disk, pythons
from portico.agent.cleaning.gate import Gate
from portico.layout import Layout
from portico.settings import Settings

LOOK = 60.0  # seconds between two looks at the free space
# Measuring walks through every cache and environment: not more often, unless it is urgent.
BETWEEN = 600.0

log = logging.getLogger("portico.agent")


@dataclass(frozen=True)
class Cleaning:
    """`most`: bytes that the caches may keep. `urgent`: builds have to wait for it."""

    most: int
    urgent: bool = False


def due(free: int, settings: Settings, *, built: bool, since_last: float) -> Cleaning | None:
    """What to do about the disk now. Pure. `built`: a build has ended since the last cleaning."""
    if not built and since_last < BETWEEN:
        return None
    if free < settings.free_bytes:
        return Cleaning(0, urgent=True)
    if built and since_last >= BETWEEN:
        return Cleaning(settings.cache_bytes)
    return None


class Cleaner:
    """One per agent. Builds go through its `gate`."""

    def __init__(self, layout: Layout, settings: Settings) -> None:
        self._layout = layout
        self._settings = settings
        self._one = asyncio.Lock()
        self._built = True  # by an agent before this one
        self._last = float("-inf")
        self._warned = False
        self.gate = Gate()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self.look()
            except Exception:
                log.exception("the disk could not be cleaned")

    def build_ended(self) -> None:
        self._built = True

    async def look(self) -> None:
        """Clean if that is due."""
        async with self._one:
            since_last = time.monotonic() - self._last
            order = due(self._free(), self._settings, built=self._built, since_last=since_last)
            if order:
                await self._clean(order)

    async def make_room(self) -> None:
        """Before a build: clean at once when the disk is nearly full."""
        if self._free() < self._settings.free_bytes:
            self._built = True
            # The build that waits may be cancelled; its cleaning goes on behind the closed gate.
            self._looking = asyncio.create_task(self.look(), name="making room")
            await asyncio.shield(self._looking)

    async def _clean(self, order: Cleaning) -> None:
        entries = await asyncio.to_thread(caches.measured, self._layout)
        going = caches.surplus(entries, order.most)
        total = sum(entry.size for entry in entries)
        self._last = time.monotonic()
        if self.gate.busy and not order.urgent and total <= 2 * order.most:
            return  # later: builds need not wait for this
        self._built = False
        async with self.gate.alone():
            await asyncio.to_thread(self._remove, going)
            await disk.collect_orphans(self._layout)
        self._tell(order, sum(entry.size for entry in going))

    def _remove(self, going: tuple[caches.Entry, ...]) -> None:
        caches.remove(going)
        used = pythons.used_by_slugs(self._layout)
        if used is not None:
            pythons.remove_unused(self._layout, used)

    def _tell(self, order: Cleaning, freed: int) -> None:
        if freed:
            log.info("package caches were cleaned: %.1f MB freed", freed / 1e6)
        full = order.urgent and self._free() < self._settings.free_bytes
        if full and not self._warned:
            log.warning("the disk is nearly full; `portico server disk` shows what takes it")
        self._warned = full

    def _free(self) -> int:
        return shutil.disk_usage(self._layout.data).free
