"""The network of a build step: a proxy beside its sandbox, reached by a socket inside it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from portico.build_proxy.order import ProxyOrder
from portico.engines.engine import LineSink
from portico.engines.limits import Limits
from portico.engines.local.cgroups.groups import grouped
from portico.engines.local.children.descriptors import closing
from portico.engines.local.children.ending import end
from portico.engines.local.children.spawn import Child, Streams
from portico.engines.local.children.streams import copy_lines
from portico.engines.local.egress.programs import Program, launch
from portico.engines.local.egress.reach import proxy_order
from portico.engines.local.machine import Machine
from portico.engines.local.mounts.host import SYSTEM_UV
from portico.mirrors import Mirrors

PROGRAM = Program(
    "portico.build_proxy.__main__",
    ("__init__.py", "public_addresses.py", "relaying.py", "build_proxy"),
)
SOCKET = "proxy.sock"
BACKLOG = 128
LIMITS = Limits(memory=256 << 20, pids=64)


def operators_order(mirrors: Mirrors) -> ProxyOrder:
    """What builds may reach now: the operator may have changed uv's files."""
    files = (mirrors.variables.get("UV_CONFIG_FILE", ""), SYSTEM_UV)
    found = [Path(file).read_text(errors="replace") for file in files if Path(file).is_file()]
    return proxy_order(mirrors, found, os.environ)


@contextlib.asynccontextmanager
async def network(
    machine: Machine, order: ProxyOrder, folder: Path, user: int | None, handle: str, log: LineSink
) -> AsyncIterator[Path]:
    """A proxy for the time of a build step; its socket, in `folder`, is for `user` alone.

    What it refuses is said in the log. It ends with this block, and with the agent.
    """
    name = f"{handle}-proxy"
    here, there = os.pipe()
    async with grouped(machine.groups.builds, name, LIMITS) as group:
        with closing(here):
            with closing(there), _listening(folder, user) as listening:
                streams = Streams(listening, there, there)
                user_of_proxy = machine.users.build
                child = launch(machine, PROGRAM, order, name, user_of_proxy, streams, group)
            async with _heard(child, here, log):
                yield folder / SOCKET


@contextlib.asynccontextmanager
async def _heard(child: Child, output: int, log: LineSink) -> AsyncIterator[None]:
    """Pass on what it says, and end it."""
    ended = asyncio.ensure_future(child.wait())
    saying = asyncio.ensure_future(copy_lines(output, ended, log))
    try:
        yield
    finally:
        await asyncio.shield(_end(child, ended, saying))


@contextlib.contextmanager
def _listening(folder: Path, user: int | None) -> Iterator[int]:
    """A listening socket there. Bound by the folder's descriptor: a socket's path may be no longer
    than 107 bytes.
    """
    parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with closing(parent), socket.socket(socket.AF_UNIX) as listening:
        name = Path(f"/proc/self/fd/{parent}/{SOCKET}")
        listening.bind(str(name))
        name.chmod(0o600)
        if user is not None:
            os.chown(name, user, user)
        listening.listen(BACKLOG)
        yield listening.fileno()


async def _end(child: Child, ended: asyncio.Future[int], saying: asyncio.Future[None]) -> None:
    await end(child, ended)
    await saying
