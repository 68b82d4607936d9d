"""Interpreters that builds have installed, and which of them nobody uses any more."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Mapping

from portico.agent import slugs
from portico.layout import Layout

FOLDER = "pythons"
_NAME = re.compile(r"cpython-(3\.\d{1,2}(?:\.\d{1,2})?)[-+].*")


def unused(installed: Mapping[str, str], used: Collection[str]) -> tuple[str, ...]:
    """The installed ones of which no slug's version is one. Pure.

    `installed` are names, and what they are links to. `cpython-3.12-linux...` is a link to the
    newest `cpython-3.12.<n>-linux...`; environments run on what it leads to today.
    """
    kept = {name for name in installed if _is_used(name, used)}
    kept |= {installed[name] for name in kept}
    return tuple(sorted(installed.keys() - kept))


def _is_used(name: str, used: Collection[str]) -> bool:
    """What is not named like an interpreter is uv's own."""
    if name.startswith(slugs.REMOVING):
        return False
    match = _NAME.fullmatch(name)
    return match is None or any(_same(match[1], version) for version in used)


def _same(one: str, other: str) -> bool:
    """Whether one is the other, or names it less exactly."""
    shorter, longer = sorted((one.split("."), other.split(".")), key=len)
    return longer[: len(shorter)] == shorter


def installed(layout: Layout) -> dict[str, str]:
    """Names, and what they are links to, '' for a folder."""
    with contextlib.suppress(OSError), slugs.opened(layout.python, FOLDER) as folder:
        return {entry.name: _target(folder, entry) for entry in os.scandir(folder)}
    return {}


def _target(folder: int, entry: os.DirEntry[str]) -> str:
    link = os.readlink(entry.name, dir_fd=folder) if entry.is_symlink() else ""
    return link.rpartition("/")[2]


def remove_unused(layout: Layout, used: Collection[str]) -> None:
    """Only while nothing is built: a build may have found one that no slug names yet."""
    for name in unused(installed(layout), used):
        if aside := slugs.set_aside(layout.python / FOLDER, name):
            slugs.remove(layout.python / FOLDER, aside)


def used_by_slugs(layout: Layout) -> set[str] | None:
    """The versions that slugs run on; None when a record cannot be read."""
    records = slugs.all_records(layout)
    if records is None:
        return None
    return {
        version
        for one in records
        for version in (one.result.slug.python, one.key.python)
        if version
    }
