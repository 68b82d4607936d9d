"""Builds, at most one a core, and the collection of what no build is needed for any more."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from portico.agent.building.builds import build
from portico.agent.cleaning.cleaner import Cleaner
from portico.agent.cleaning.disk import collect, collect_orphans
from portico.agent.web import Web
from portico.engines.engine import Engine, LineSink
from portico.layout import Layout
from portico.settings import Settings
from portico.wire import AppPlan, Build, BuildResult

SOURCE = "portico-source-"


class BuildQueue:
    """Fetches an order's source and has it built."""

    def __init__(self, layout: Layout, settings: Settings, engine: Engine, web: Web) -> None:
        self._layout = layout
        self._settings = settings
        self._engine = engine
        self._web = web
        self._cores = asyncio.Semaphore(os.cpu_count() or 1)
        self._sources: set[Path] = set()
        self.cleaner = Cleaner(layout, settings)

    async def build(self, plan: AppPlan, order: Build, log: LineSink) -> BuildResult:
        """The slug of that order. Raises PorticoError; nothing half-made stays."""
        async with self._cores:
            await self.cleaner.make_room()
            with self._source_folder() as folder:
                source = folder / "source.tar.gz"
                await self._web.source(order.source, source)
                async with self.cleaner.gate.building():
                    return await self._built(plan, order, source, log)

    async def _built(self, plan: AppPlan, order: Build, source: Path, log: LineSink) -> BuildResult:
        try:
            return await build(self._engine, self._layout, plan, order, source, self._settings, log)
        finally:
            self.cleaner.build_ended()

    @contextlib.contextmanager
    def _source_folder(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix=SOURCE, dir=self._layout.apps) as name:
            folder = Path(name)
            self._sources.add(folder)
            try:
                yield folder
            finally:
                self._sources.remove(folder)

    async def collect_orphans(self) -> None:
        """Remove the shared environments that no slug of any app names, and sources of a crash."""
        for left in set(self._layout.apps.glob(f"{SOURCE}*")) - self._sources:
            shutil.rmtree(left)
        await collect_orphans(self._layout)

    async def collect(self, app_id: int, kept: Collection[int]) -> None:
        """Remove the slugs and environments that no kept build needs."""
        await collect(self._layout, app_id, kept)
