"""The package caches: uv's and conda's, those that apps share and those of apps' own.

Each is a folder of buckets full of entries. Whoever fills them can get any entry again, so all may
go; not while a build uses them, for it may have found one already. They were filled by others:
nothing in them is followed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from portico.agent import slugs
from portico.agent.cleaning.sizes import sizes
from portico.layout import Layout

# uv's, the archives of conda packages, and byte code of packages; below a folder of environments
# and interpreters.
CACHES = ("cache", "conda", "bytecode")
# Less is not worth a later download: an entry whose files an environment uses as well is only
# folders, since what is linked counts as the environment's.
WORTHWHILE = 64 << 10


@dataclass(frozen=True)
class Entry:
    """Something in a cache. `size` is what its removal would free."""

    python: Path
    cache: str
    bucket: str
    name: str
    since: float
    size: int = 0

    @property
    def path(self) -> Path:
        return self.python / self.cache / self.bucket / self.name

    @property
    def is_left_over(self) -> bool:
        """A removal of it was cut off."""
        return self.name.startswith(slugs.REMOVING)


def surplus(entries: Sequence[Entry], most: int) -> tuple[Entry, ...]:
    """What has to go for the caches to take no more than that: the oldest first. Pure."""
    going = [entry for entry in entries if entry.is_left_over]
    total = sum(entry.size for entry in entries if not entry.is_left_over)
    for entry in sorted(entries, key=lambda e: (e.since, e.path)):
        if total <= most:
            break
        if not entry.is_left_over and entry.size >= WORTHWHILE:
            going.append(entry)
            total -= entry.size
    return tuple(going)


def measured(layout: Layout) -> list[Entry]:
    """All entries of all caches; what environments and interpreters use counts as theirs."""
    pythons = python_folders(layout)
    users = [folder / name for folder in pythons for name in ("envs", "pythons")]
    entries = [entry for folder in pythons for entry in _entries(folder)]
    found = sizes([*users, *(entry.path for entry in entries)])[len(users) :]
    return [replace(entry, size=size) for entry, size in zip(entries, found, strict=True)]


def python_folders(layout: Layout) -> list[Path]:
    """The shared one, and those of apps."""
    return [layout.python, *sorted(layout.apps.glob("[0-9]*/python"))]


def remove(entries: Sequence[Entry]) -> None:
    """Each first out of sight, so that half an entry is never found."""
    for python, cache in {(entry.python, entry.cache) for entry in entries}:
        _forget_local_packages(python, cache)
    for entry in entries:
        with (
            contextlib.suppress(OSError),
            slugs.opened(entry.python, entry.cache, entry.bucket) as bucket,
        ):
            if aside := slugs.set_aside_in(bucket, entry.name):
                slugs.remove_in(bucket, aside)


def _forget_local_packages(python: Path, cache: str) -> None:
    """What uv has unpacked from a file it believes to be there for ever, and fails when it is not;
    what it has downloaded it gets again. So its notes of the first kind, `.rev`, go before."""
    with contextlib.suppress(OSError), slugs.opened(python, cache) as folder:
        slugs.run_in(folder, "find", ".", "-name", "*.rev", "-type", "f", "-delete")


def _entries(python: Path) -> Iterator[Entry]:
    for cache in CACHES:
        for bucket, _ in _listed(python, cache, folders=True):
            for name, since in _listed(python, cache, bucket):
                yield Entry(python, cache, bucket, name, since)


def _listed(python: Path, *below: str, folders: bool = False) -> list[tuple[str, float]]:
    """Names and times; hidden ones are the tools' own, but for what is being removed."""
    with contextlib.suppress(OSError), slugs.opened(python, *below) as folder:
        found = [(e.name, e.stat(follow_symlinks=False)) for e in os.scandir(folder)]
        return [
            (name, status.st_mtime)
            for name, status in found
            if not name.startswith(".") or name.startswith(slugs.REMOVING)
            if stat.S_ISDIR(status.st_mode) or not folders
        ]
    return []
