"""The debian stack: found, or made once, whoever asks first."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import platform
import re
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

from portico.agent import slugs
from portico.agent.building.operators import Operators
from portico.agent.building.steps import Sandbox
from portico.builder.log import building
from portico.builder.order import StackMade, StackOrder
from portico.engines.engine import BoxUser, LineSink
from portico.layout import Layout

RELEASE = "trixie"
# Another one makes another stack: raise it with what builder/apt/stack.py puts into a stack.
RECIPE = 2
NEW = ".new"
LOOK_AGAIN = 0.2  # seconds, while another build makes the stack
_VERSION, _LIBRARY, _PYTHON = r"[0-9]{1,3}", r"glibc[0-9.]{1,10}", r"3(\.[0-9]{1,2}){2}"


@dataclass(frozen=True)
class Recipe:
    """What an identity begins and ends with, whatever Debian has in it that day."""

    machine: str
    number: int = RECIPE

    def identity(self, made: StackMade, day: str) -> str:
        """Names a stack's content; part of every key of what is built on it."""
        parts = (f"debian-{made.version}", made.library, self.machine, f"python{made.python}")
        return ":".join(("debian", *parts, f"{day}-{self.number}"))

    def fits(self, identity: str) -> bool:
        parts = identity.split(":")
        return (
            len(parts) == 6
            and parts[0] == "debian"
            and (parts[3] == self.machine and parts[5].endswith(f"-{self.number}"))
        )


def current(layout: Layout, recipe: Recipe) -> str | None:
    """The identity of the newest stack of that recipe."""
    fitting = [identity for identity in identities(layout) if recipe.fits(identity)]
    return max(fitting, key=lambda identity: identity.split(":")[5], default=None)


def newest(layout: Layout) -> str | None:
    """The one that the next build stands on."""
    return current(layout, Recipe(platform.machine()))


def python_of(identity: str | None) -> str:
    """The full version of a stack's own Python; '' without a stack."""
    return identity.split(":")[4].removeprefix("python") if identity else ""


def identities(layout: Layout) -> list[str]:
    """The stacks that are whole."""
    try:
        names = [entry.name for entry in os.scandir(layout.stacks) if entry.is_dir()]
    except FileNotFoundError:
        return []
    return [
        name.replace("+", ":")
        for name in names
        if re.fullmatch(r"debian\+[\w.+-]+", name) and not name.endswith(NEW)
    ]


async def debian_stack(
    sandbox: Sandbox, layout: Layout, operators: Operators, log: LineSink
) -> str:
    """The identity of the stack to build on. It is made when there is none."""
    if found := newest(layout):
        return found
    async with _alone(layout):
        if found := newest(layout):
            return found
        log(building(f"debian stack ({RELEASE})", ("this server has none yet",)))
        return await _made(sandbox, layout, operators)


async def _made(sandbox: Sandbox, layout: Layout, operators: Operators) -> str:
    name = f"{RELEASE}-{os.getpid()}"
    half_made = f"{name}{NEW}"
    await asyncio.to_thread(slugs.remove, layout.stacks, half_made)
    try:
        made = await sandbox.step(
            "stack",
            StackOrder(RELEASE, operators.debian),
            StackMade,
            user=BoxUser.PACKAGES,
            network=True,
            makes=name,
            operators=operators.shown,
        )
        if not _makes_sense(made):
            raise sandbox.nonsense("stack")
        day = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        identity = Recipe(platform.machine()).identity(made, day)
        (layout.stacks / half_made).rename(layout.stack(identity))
        return identity
    except BaseException:
        await asyncio.shield(asyncio.to_thread(slugs.remove, layout.stacks, half_made))
        raise


def _makes_sense(made: StackMade) -> bool:
    pairs = ((_VERSION, made.version), (_LIBRARY, made.library), (_PYTHON, made.python))
    return all(re.fullmatch(pattern, value) for pattern, value in pairs)


@contextlib.asynccontextmanager
async def _alone(layout: Layout) -> AsyncIterator[None]:
    """Hold the lock of stacks: two builds that need one make one."""
    descriptor = os.open(layout.stacks / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        while not _locked(descriptor):  # noqa: ASYNC110 - by another process, perhaps
            await asyncio.sleep(LOOK_AGAIN)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def collect_stacks(layout: Layout, named: Collection[str]) -> None:
    """Remove stacks that no slug names any more, and what was left half-made; the newest stays."""
    staying = {*named, newest(layout)}
    for identity in identities(layout):
        if identity not in staying:
            await _removed(layout.stacks, layout.stack(identity).name)
    for left in layout.stacks.glob(f"*{NEW}"):
        await asyncio.to_thread(slugs.remove, layout.stacks, left.name)


async def _removed(folder: Path, name: str) -> None:
    if aside := slugs.set_aside(folder, name):
        await asyncio.to_thread(slugs.remove, folder, aside)
