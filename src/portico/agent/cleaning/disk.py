"""Frees what no release needs any more: slugs, environments, what a crash has left."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portico.agent import slugs
from portico.agent.building import apt_layers
from portico.agent.building.stacks import collect_stacks
from portico.agent.slugs import REMOVING, Record
from portico.layout import Layout


@dataclass(eq=False)
class Watch:
    """What was held at any moment of a collection."""

    builds: set[tuple[int, int]]
    environments: set[str]

    def builds_of(self, app_id: int) -> set[int]:
        return {build for app, build in self.builds if app == app_id}


@dataclass
class Held:
    """What the builds of this agent work on; never removed.

    A build may take hold of something while a collection looks around, and may even be done before
    it acts. So a collection watches from before its first look.
    """

    builds: list[tuple[int, int]] = field(default_factory=list)
    environments: list[str] = field(default_factory=list)
    _watches: list[Watch] = field(default_factory=list)

    @contextlib.contextmanager
    def build(self, app_id: int, build: int) -> Iterator[None]:
        self.builds.append((app_id, build))
        for watch in self._watches:
            watch.builds.add((app_id, build))
        try:
            yield
        finally:
            self.builds.remove((app_id, build))

    @contextlib.contextmanager
    def environment(self, name: str) -> Iterator[None]:
        """Several builds may hold one."""
        self.environments.append(name)
        for watch in self._watches:
            watch.environments.add(name)
        try:
            yield
        finally:
            self.environments.remove(name)

    @contextlib.contextmanager
    def watched(self) -> Iterator[Watch]:
        """What is held now, and what will have been until the end."""
        watch = Watch(set(self.builds), set(self.environments))
        self._watches.append(watch)
        try:
            yield watch
        finally:
            self._watches.remove(watch)


# Builds and collections of one agent share it.
HELD = Held()


@dataclass(frozen=True)
class Found:
    """An app's files: its slugs (None: unfinished), environments of its own, and apt layers.

    `unread` are slugs whose record is there and cannot be read.
    """

    slugs: Mapping[int, Record | None]
    own: frozenset[str] = frozenset()
    unread: frozenset[int] = frozenset()
    layers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Removals:
    """`unnamed`: shared environments that the app does not name any more; others may."""

    slugs: tuple[int, ...] = ()
    own: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()


def removals(
    kept: Collection[int], building: Collection[int], using: Collection[str], found: Found
) -> Removals:
    """What to remove of an app. An unfinished slug that is not being built is a crash's."""
    whole = {build for build, record in found.slugs.items() if record} | found.unread
    goes = {
        build: record
        for build, record in found.slugs.items()
        if build not in building and (build not in kept or build not in whole)
    }
    if found.unread - goes.keys():  # nobody knows on which environments they run
        return Removals(tuple(sorted(goes)))
    staying = [r for build, r in found.slugs.items() if r is not None and build not in goes]
    named = {record.result.slug.environment for record in staying} | set(using)
    gone = {r.result.slug.environment for r in goes.values() if r and r.result.slug.shared}
    return Removals(
        tuple(sorted(goes)),
        tuple(sorted(name for name in found.own if _environment(name) not in named)),
        tuple(sorted(name for name in gone if name is not None and name not in named)),
        () if building else _unneeded_layers(found, staying),
    )


def _unneeded_layers(found: Found, staying: Collection[Record]) -> tuple[str, ...]:
    """Not while the app is being built: its build's layer is in no record yet."""
    return tuple(sorted(found.layers - {record.result.slug.layer for record in staying}))


async def collect(layout: Layout, app_id: int, kept: Collection[int], held: Held = HELD) -> None:
    """Remove what no slug in `kept` needs. `kept` names every build in use or on its way."""
    with held.watched() as watch:
        found = await asyncio.to_thread(_look, layout, app_id)
        decided = removals(kept, watch.builds_of(app_id), watch.environments, found)
        await _remove_slugs(layout, app_id, decided.slugs, watch)
        await _remove_environments(layout.app_python(app_id), decided.own, watch)
        if not watch.builds_of(app_id):
            await _remove_all(layout.apt_layers(app_id), decided.layers)
        if decided.unnamed:
            records = await asyncio.to_thread(slugs.all_records, layout)
            named = None if records is None else _shared(records)
            orphans = [name for name in decided.unnamed if named is not None and name not in named]
            await _remove_environments(layout.python, [*orphans, *_locks(orphans)], watch)


async def collect_orphans(layout: Layout, held: Held = HELD) -> None:
    """Remove every shared environment and every stack that no slug of any app names."""
    with held.watched() as watch:
        found = await asyncio.to_thread(slugs.environments, layout.python)
        records = await asyncio.to_thread(slugs.all_records, layout)
        if records is None:
            return
        named = _shared(records)
        orphans = [name for name in found if _environment(name) not in named]
        await _remove_environments(layout.python, orphans, watch)
        if not watch.builds:  # a build's stack is in no record yet
            await collect_stacks(layout, {record.result.slug.stack for record in records})


async def _remove_slugs(layout: Layout, app_id: int, builds: Collection[int], watch: Watch) -> None:
    folder = layout.slug(app_id, 1).parent
    for left in slugs.left_over(folder):
        await asyncio.to_thread(slugs.remove, folder, left)
    for build in builds:
        if build in watch.builds_of(app_id):
            continue
        # First the record: a slug without one counts as unfinished.
        slugs.record_path(layout, app_id, build).unlink(missing_ok=True)
        if aside := slugs.set_aside(folder, str(build)):
            await asyncio.to_thread(slugs.remove, folder, aside)


async def _remove_environments(python: Path, names: Collection[str], watch: Watch) -> None:
    folder = python / "envs"
    for name in names:
        # No await between the question and the renaming: a build would take hold in between.
        if _environment(name) in watch.environments:
            continue
        if aside := slugs.set_aside(folder, name):
            await asyncio.to_thread(slugs.remove, folder, aside)


def _look(layout: Layout, app_id: int) -> Found:
    builds = slugs.builds(layout, app_id)
    return Found(
        {build: slugs.read_record(layout, app_id, build) for build in builds},
        frozenset(slugs.environments(layout.app_python(app_id))),
        frozenset(build for build in builds if slugs.has_unread_record(layout, app_id, build)),
        frozenset(apt_layers.layers(layout, app_id)),
    )


async def _remove_all(folder: Path, names: Collection[str]) -> None:
    for name in names:
        if aside := slugs.set_aside(folder, name):
            await asyncio.to_thread(slugs.remove, folder, aside)


def _shared(records: Collection[Record]) -> set[str]:
    """The shared environments that they name."""
    used = (record.result.slug for record in records)
    return {slug.environment for slug in used if slug.shared and slug.environment}


def _environment(name: str) -> str:
    """The environment that an entry belongs to: itself, its lock, or what is being removed."""
    return "" if name.startswith(REMOVING) else name.removesuffix(".lock")


def _locks(names: Collection[str]) -> list[str]:
    return [f"{name}.lock" for name in names]
