"""One group: limited, watched, counted, and removed with all that is inside."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from portico.engines.limits import Limits
from portico.engines.local.cgroups.counters import Counters
from portico.engines.local.cgroups.files import OPTIONAL, File, changes
from portico.engines.local.cgroups.trees import Tree
from portico.engines.local.process_table.pids import Held

REMOVAL_TRIES, REMOVAL_PAUSE = 500, 0.01
# Of a process that has one thread. For a whole process the kernel first waits until no other
# forks or ends, some 10 ms; version 2 knows no other way into a group with limits.
ENTRANCES = {1: "tasks", 2: "cgroup.procs"}


class Group:
    """A folder in each tree. Nothing when the machine has no trees for us."""

    def __init__(self, folders: tuple[tuple[Tree, Path], ...]) -> None:
        self.folders = folders
        self.counters = Counters(folders)
        self._told = False

    def change(self, before: Limits, after: Limits) -> None:
        """Limit it otherwise while it runs. Raises OSError, EBUSY when it uses more already."""
        if before.memory != after.memory and self.counters.folder("memory", 2):
            self._require_room(after.memory)
        for tree, folder in self.folders:
            write(folder, changes(tree, before, after))

    def _require_room(self, memory: int | None) -> None:
        """Version 1 refuses by itself; version 2 would end processes until the rest has room."""
        if memory is not None and (self.counters.memory or 0) > memory:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    @contextlib.contextmanager
    def watched(self, out_of_memory: Callable[[], None]) -> Iterator[None]:
        """Be told when its memory is used up: version 1 ends one process only, not all of them."""
        folder = self.counters.folder("memory", 1)
        if folder is None:
            yield
            return
        event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        loop = asyncio.get_running_loop()

        def told() -> None:
            os.eventfd_read(event)
            # All groups are told when the one around them has used up what they may together.
            if self.counters.reached_its_memory:
                self._told = True
                loop.remove_reader(event)
                out_of_memory()

        try:
            with (folder / "memory.oom_control").open("rb") as control:
                order = f"{event} {control.fileno()}"
                (folder / "cgroup.event_control").write_text(order)
                loop.add_reader(event, told)
                yield
        finally:
            loop.remove_reader(event)
            os.close(event)

    @property
    def ran_out_of_memory(self) -> bool:
        return self._told or self.counters.killed > 0

    @property
    def ran_out_of_processes(self) -> bool:
        return self.counters.refused > 0

    async def remove(self) -> None:
        """End whoever is still in there, then remove it. What stays is found by the next agent."""
        for _ in range(REMOVAL_TRIES):
            left = [folder for tree, folder in self.folders if not removed(tree, folder)]
            if not left:
                return
            for _, folder in self.folders:
                _end_all(folder)
            await asyncio.sleep(REMOVAL_PAUSE)
        logging.getLogger(__name__).warning("Control groups stay: %s", self.folders)


@contextlib.contextmanager
def entrances(group: Group | None) -> Iterator[tuple[int, ...]]:
    """Descriptors by which a process that is about to become a launcher moves itself in."""
    folders = () if group is None else group.folders
    with contextlib.ExitStack() as stack:
        files = [folder / ENTRANCES[tree.version] for tree, folder in folders]
        opened = [stack.enter_context(file.open("wb", buffering=0)) for file in files]
        yield tuple(file.fileno() for file in opened)


def write(folder: Path, files: tuple[File, ...]) -> None:
    for name, value in files:
        if name not in OPTIONAL or (folder / name).exists():
            (folder / name).write_text(value)


def removed(tree: Tree, folder: Path) -> bool:
    """Whether it is gone, and with it those around it that were there for it alone."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    with contextlib.suppress(OSError):
        for around in folder.parents:
            if around == tree.root:
                break
            around.rmdir()
    return True


def members(folder: Path) -> list[int]:
    try:
        return [int(word) for word in (folder / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def _end_all(folder: Path) -> None:
    for pid in members(folder):
        with contextlib.suppress(ProcessLookupError):
            held = Held.of(pid)
            if pid in members(folder):  # still: the number may have got another owner before
                held.signal(signal.SIGKILL)
            held.close()
