"""Makes control groups, puts launchers into them, and removes them with all that is inside."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from portico.engines.engine import Limits
from portico.engines.local.cgroups import (
    CONTROLLERS,
    OPTIONAL,
    SERVERS_OWN,
    Mounted,
    Tree,
    count,
    mounted,
    parent,
    settings,
    trees,
)
from portico.engines.local.pids import Held

MOUNTINFO = Path("/proc/self/mountinfo")
OWN_GROUPS = Path("/proc/self/cgroup")
BUILDS_WEIGHT = 50
REMOVAL_TRIES, REMOVAL_PAUSE = 500, 0.01
# How systemd marks a group that it has handed to a service, for root and for others.
DELEGATED = ("trusted.delegate", "user.delegate")


class Group:
    """One group: a folder in each tree. Nothing when the machine has no trees for us."""

    def __init__(self, folders: tuple[tuple[Tree, Path], ...]) -> None:
        self.folders = folders
        self._told = False

    @contextlib.contextmanager
    def watched(self, out_of_memory: Callable[[], None]) -> Iterator[None]:
        """Be told when its memory is used up: version 1 ends one process only, not all of them."""
        folder = self._folder("memory", 1)
        if folder is None:
            yield
            return
        event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        loop = asyncio.get_running_loop()

        def told() -> None:
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
        files = {1: "memory.oom_control", 2: "memory.events"}
        return self._told or self._counted("memory", files, "oom_kill")

    @property
    def ran_out_of_processes(self) -> bool:
        return self._counted("pids", dict.fromkeys((1, 2), "pids.events"), "max")

    def _counted(self, controller: str, files: dict[int, str], name: str) -> bool:
        for version, file in files.items():
            folder = self._folder(controller, version)
            if folder is not None and (folder / file).exists():
                return count((folder / file).read_text(), name) > 0
        return False

    def _folder(self, controller: str, version: int) -> Path | None:
        return next(
            (
                folder
                for tree, folder in self.folders
                if tree.version == version and controller in tree.controllers
            ),
            None,
        )

    async def remove(self) -> None:
        """End whoever is still in there, then remove it. What stays is found by the next agent."""
        for _ in range(REMOVAL_TRIES):
            left = [folder for _, folder in self.folders if not _removed(folder)]
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
        files = [folder / "cgroup.procs" for _, folder in folders]
        opened = [stack.enter_context(file.open("wb", buffering=0)) for file in files]
        yield tuple(file.fileno() for file in opened)


@contextlib.asynccontextmanager
async def grouped(groups: Groups, handle: str, limits: Limits) -> AsyncIterator[Group]:
    """A group for as long as it is needed; whatever is in it then is ended."""
    group = groups.make(handle, limits)
    try:
        yield group
    finally:
        await asyncio.shield(group.remove())


@dataclass(frozen=True)
class Groups:
    """All groups of one kind of this server, in one parent with a weight of its own."""

    trees: tuple[Tree, ...]
    name: str
    weight: int

    @property
    def controllers(self) -> frozenset[str]:
        return frozenset(name for tree in self.trees for name in tree.controllers)

    def make(self, handle: str, limits: Limits) -> Group:
        """Raises OSError."""
        folders = tuple((tree, tree.root / self.name / handle) for tree in self.trees)
        for tree, folder in folders:
            if tree.version == 2:
                _make_room(tree)
            _hand_down(tree, tree.root)
            _make(tree, folder.parent, Limits(cpu_weight=self.weight))
            _hand_down(tree, folder.parent)
            _make(tree, folder, limits)
        return Group(folders)

    async def remove_all(self) -> None:
        """What an agent before this one has left behind."""
        for tree in self.trees:
            for folder in _subfolders(tree.root / self.name):
                await Group(((tree, folder),)).remove()

    def tried(self) -> Groups:
        """With the trees that can really be used."""
        return Groups(tuple(filter(self._works, self.trees)), self.name, self.weight)

    def _works(self, tree: Tree) -> bool:
        try:
            made = Groups((tree,), self.name, self.weight).make(f"trial-{os.getpid()}", TRIAL)
        except OSError:
            return False
        return not [folder for _, folder in made.folders if not _removed(folder)]


TRIAL = Limits(memory=64 << 20, cpu_weight=100, pids=64)


def build_groups(server: str) -> Groups:
    """For the builds of this server: together they count as half of an app."""
    return find(f"portico-{server}-builds", BUILDS_WEIGHT)


def find(name: str, weight: int) -> Groups:
    """The groups of that name, as far as this machine lets us make any."""
    found = list(mounted(MOUNTINFO.read_text(), OWN_GROUPS.read_text()))
    base = next((base for m in found if m.version == 2 and (base := _base(m))), None)
    offered = _offered(base)
    return Groups(trees(iter(found), offered, base), name, weight).tried()


def _base(mount: Mounted) -> Path | None:
    """Where groups of version 2 may be made: in what was handed to us, else, as root, at the top,
    as container engines do.
    """
    own = parent(mount.own)
    if any(_attribute(own, name) == b"1" for name in DELEGATED):
        return own
    return mount.root if os.access(mount.root / "cgroup.procs", os.W_OK) else None


def _attribute(folder: Path, name: str) -> bytes:
    try:
        return os.getxattr(folder, name)
    except OSError:
        return b""


def _offered(base: Path | None) -> frozenset[str]:
    if base is None:
        return frozenset()
    try:
        return CONTROLLERS & set((base / "cgroup.controllers").read_text().split())
    except OSError:
        return frozenset()


def _make(tree: Tree, folder: Path, limits: Limits) -> None:
    folder.mkdir(exist_ok=True)
    for name, value in settings(tree, limits).items():
        if name not in OPTIONAL or (folder / name).exists():
            (folder / name).write_text(value)


def _make_room(tree: Tree) -> None:
    """A group with processes can have no others below that are limited, but for the machine's own:
    what is there, this server above all, moves into one beside ours.
    """
    if not (tree.root / "cgroup.type").exists():
        return
    own = tree.root / SERVERS_OWN
    own.mkdir(exist_ok=True)
    for pid in _pids(tree.root):
        with contextlib.suppress(ProcessLookupError):
            (own / "cgroup.procs").write_text(str(pid))


def _hand_down(tree: Tree, folder: Path) -> None:
    """Let the groups below have the controllers; those of version 1 always do."""
    if tree.version == 2:
        wanted = " ".join(f"+{name}" for name in sorted(tree.controllers))
        (folder / "cgroup.subtree_control").write_text(wanted)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    with contextlib.suppress(OSError):  # the last one takes the parent along
        folder.parent.rmdir()
    return True


def _end_all(folder: Path) -> None:
    for pid in _pids(folder):
        with contextlib.suppress(ProcessLookupError):
            held = Held.of(pid)
            if pid in _pids(folder):  # still: the number may have got another owner before
                held.signal(signal.SIGKILL)
            held.close()


def _pids(folder: Path) -> list[int]:
    try:
        return [int(word) for word in (folder / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def _subfolders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []
