"""Makes control groups where this machine lets us, and finds those that were left."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from portico.engines.limits import Limits
from portico.engines.local.cgroups.files import settings
from portico.engines.local.cgroups.group import Group, members, removed, write
from portico.engines.local.cgroups.trees import (
    CONTROLLERS,
    SERVERS_OWN,
    Mounted,
    Tree,
    mounted,
    parent,
    trees,
)

MOUNTINFO = Path("/proc/self/mountinfo")
OWN_GROUPS = Path("/proc/self/cgroup")
# How systemd marks a group that it has handed to a service, for root and for others.
DELEGATED = ("trusted.delegate", "user.delegate")
# Of web, agent, router and supervisor, against all apps and builds together.
SERVERS_WEIGHT = "1000"
TRIAL = Limits(memory=64 << 20, cpu_weight=100, pids=64)


@dataclass(frozen=True)
class Around:
    """A group that holds others, and limits all of them together."""

    name: str
    limits: Limits


@dataclass(frozen=True)
class Groups:
    """All groups of one kind of this server, in those `around` them, the outermost first."""

    trees: tuple[Tree, ...]
    around: tuple[Around, ...]

    @property
    def controllers(self) -> frozenset[str]:
        return frozenset(name for tree in self.trees for name in tree.controllers) & CONTROLLERS

    def inside(self, name: str, limits: Limits) -> Groups:
        """Those in one more group."""
        return replace(self, around=(*self.around, Around(name, limits)))

    def make(self, handle: str, limits: Limits) -> Group:
        """Raises OSError."""
        made = self.of(handle)
        for tree, folder in made.folders:
            self._make_around(tree)
            folder.mkdir(exist_ok=True)
            write(folder, settings(tree, limits))
        return made

    def of(self, handle: str) -> Group:
        """The group of that handle, whether it is there or not."""
        return Group(tuple((tree, self._folder(tree) / handle) for tree in self.trees))

    def found(self, handle: str) -> Group:
        """The same where it is there: an agent before this one may have made it in other trees."""
        there = (pair for pair in self.of(handle).folders if pair[1].is_dir())
        return Group(tuple(there))

    def renew(self) -> None:
        """Write the limits of the groups around, if there are any, as they are today."""
        for tree in self.trees:
            folder = tree.root
            for around in self.around:
                folder /= around.name
                if folder.is_dir():
                    write(folder, settings(tree, around.limits))

    async def remove_all(self, but: Collection[str] = ()) -> None:
        """What an agent before this one has left behind, with whoever is in there."""
        for tree in self.trees:
            for folder in _subfolders(self._folder(tree)):
                if folder.name not in but:
                    await Group(((tree, folder),)).remove()

    @property
    def names(self) -> set[str]:
        """Of all that are there."""
        return {folder.name for tree in self.trees for folder in _subfolders(self._folder(tree))}

    def tried(self) -> Groups:
        """With the trees that can really be used."""
        return replace(self, trees=tuple(filter(self._works, self.trees)))

    def _works(self, tree: Tree) -> bool:
        try:
            made = replace(self, trees=(tree,)).make(f"trial-{os.getpid()}", TRIAL)
        except OSError:
            return False
        return all(removed(tree, folder) for tree, folder in made.folders)

    def _folder(self, tree: Tree) -> Path:
        return tree.root.joinpath(*(around.name for around in self.around))

    def _make_around(self, tree: Tree) -> None:
        folder = self._folder(tree)
        if folder.is_dir():
            return
        if tree.version == 2:
            _make_room(tree)
        folder = tree.root
        _hand_down(tree, folder)
        for around in self.around:
            folder /= around.name
            folder.mkdir(exist_ok=True)
            write(folder, settings(tree, around.limits))
            _hand_down(tree, folder)


@contextlib.asynccontextmanager
async def grouped(groups: Groups, handle: str, limits: Limits) -> AsyncIterator[Group]:
    """A group for as long as it is needed; whatever is in it then is ended."""
    group = groups.make(handle, replace(limits, ends_together=True))
    try:
        yield group
    finally:
        await asyncio.shield(group.remove())


def find(*around: Around) -> Groups:
    """The groups in those, as far as this machine lets us make any."""
    return Groups(found_trees(), around).tried()


def found_trees() -> tuple[Tree, ...]:
    found = list(mounted(MOUNTINFO.read_text(), OWN_GROUPS.read_text()))
    base = next((base for m in found if m.version == 2 and (base := _base(m))), None)
    return trees(iter(found), _offered(base), base)


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


def _make_room(tree: Tree) -> None:
    """A group with processes can have no others below that are limited, but for the machine's own:
    what is there, this server above all, moves into one beside ours, which goes before them.
    """
    if not (tree.root / "cgroup.type").exists():
        return
    own = tree.root / SERVERS_OWN
    own.mkdir(exist_ok=True)
    for pid in members(tree.root):
        with contextlib.suppress(ProcessLookupError):
            (own / "cgroup.procs").write_text(str(pid))
    _hand_down(tree, tree.root)
    if (own / "cpu.weight").exists():
        (own / "cpu.weight").write_text(SERVERS_WEIGHT)


def _hand_down(tree: Tree, folder: Path) -> None:
    """Let the groups below have the controllers; those of version 1 always do."""
    if tree.version == 2:
        wanted = " ".join(f"+{name}" for name in sorted(tree.controllers))
        (folder / "cgroup.subtree_control").write_text(wanted)


def _subfolders(folder: Path) -> Iterator[Path]:
    try:
        yield from [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return
