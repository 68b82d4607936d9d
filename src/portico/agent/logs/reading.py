"""Handing out logs: the last lines, then what comes, woken by the writer in this process."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from operator import attrgetter
from pathlib import Path

from portico.agent.logs.cursor import Cursor
from portico.agent.logs.deploys import PROCESS, is_end
from portico.agent.logs.lines import LogLine, parsed

NAME = re.compile(r"([a-z0-9-]{1,20}\.[0-9]{1,4})\.log")


class Notices:
    """Wakes those who wait for an app's logs. An app that nobody follows costs nothing."""

    def __init__(self) -> None:
        self._events: dict[int, asyncio.Event] = {}

    def tell(self, app_id: int) -> None:
        event = self._events.pop(app_id, None)
        if event is not None:
            event.set()

    def of(self, app_id: int) -> Changes:
        return Changes(self._events, app_id)


class Changes:
    """One app's notices, for one follower."""

    def __init__(self, events: dict[int, asyncio.Event], app_id: int) -> None:
        self._events = events
        self._app_id = app_id

    def next(self) -> asyncio.Event:
        """Set at the next change. Take it before reading, wait for it after."""
        return self._events.setdefault(self._app_id, asyncio.Event())


class Followed:
    """The chosen logs of a folder, each with a cursor; logs may join while they are followed."""

    def __init__(self, folder: Path, processes: tuple[str, ...]) -> None:
        self._folder = folder
        self._processes = processes
        self._cursors: dict[str, Cursor] = {}

    def last(self, count: int) -> list[LogLine]:
        """The last lines of all of them together, by time."""
        self._join()
        lines = _lines((name, cursor.last(count)) for name, cursor in self._cursors.items())
        return lines[-count:] if count else []

    def more(self) -> list[LogLine]:
        self._join()
        return _lines((name, cursor.more()) for name, cursor in self._cursors.items())

    def close(self) -> None:
        for cursor in self._cursors.values():
            cursor.close()

    def _join(self) -> None:
        for name in names(self._folder):
            if chosen(name, self._processes) and name not in self._cursors:
                self._cursors[name] = Cursor(self._folder / f"{name}.log")


def names(folder: Path) -> list[str]:
    """The processes that have a log."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(match[1] for path in found if (match := NAME.fullmatch(path.name)))


def chosen(name: str, processes: tuple[str, ...]) -> bool:
    """Whether `web.1` is asked for, by its name, by its type, or because all are."""
    return not processes or name in processes or name.rpartition(".")[0] in processes


def _lines(read: Iterable[tuple[str, list[bytes]]]) -> list[LogLine]:
    lines = [parsed(name, line) for name, found in read for line in found]
    return sorted((line for line in lines if line), key=attrgetter("time"))


class Following:
    """The last lines of the chosen processes, by time; then those that come, as many as there are."""

    def __init__(self, folder: Path, changes: Changes, processes: tuple[str, ...] = ()) -> None:
        self._followed = Followed(folder, processes)
        self._changes = changes

    async def last(self, count: int) -> list[LogLine]:
        """To be asked first: what it leaves out does not come later."""
        return await asyncio.to_thread(self._followed.last, count)

    async def more(self) -> list[LogLine]:
        """Waits until there are some."""
        while True:
            changed = self._changes.next()
            if lines := self._followed.more():
                return lines
            await changed.wait()

    def close(self) -> None:
        self._followed.close()


async def follow_processes(
    folder: Path, changes: Changes, processes: tuple[str, ...], count: int, *, follow: bool
) -> AsyncIterator[LogLine]:
    following = Following(folder, changes, processes)
    try:
        for line in await following.last(count):
            yield line
        while follow:
            for line in await following.more():
                yield line
    finally:
        following.close()


async def follow_deploy(
    path: Path, changes: Changes, count: int, *, follow: bool
) -> AsyncIterator[LogLine]:
    """To the end of the deploy; to the end of what there is, when not followed."""
    cursor = Cursor(path)
    try:
        lines = await asyncio.to_thread(cursor.last, count + 1)
        ended = any(is_end(line) for line in lines[-1:])
        for line in _deploy_lines(lines)[-count:] if count else []:
            yield line
        while follow and not ended:
            changed = changes.next()
            lines = cursor.more()
            ended = any(is_end(line) for line in lines)
            for line in _deploy_lines(lines):
                yield line
            if not lines:
                await changed.wait()
    finally:
        cursor.close()


def _deploy_lines(lines: list[bytes]) -> list[LogLine]:
    found = (parsed(PROCESS, line) for line in lines if not is_end(line))
    return [line for line in found if line]
