"""Launching a sandbox: the descriptors it gets, and the end of all of it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from portico.engines.local.cgroups.group import Group, entrances
from portico.engines.local.children.spawn import Child, Streams, spawn
from portico.engines.local.children.streams import readable
from portico.engines.local.process_table.pids import descendants
from portico.engines.local.processes.adoption import end_all
from portico.engines.local.sandboxes.filters import open_filter
from portico.engines.local.sandboxes.texts import Texts
from portico.engines.local.user_namespaces.opening import entry_words
from portico.engines.sandbox import Sandbox, launcher_words

# Without root, a user's pipes share 64 MiB; beyond that new ones get a page or two.
PIPE_BYTES = 256 << 10
LAUNCH_SECONDS = 30.0


def launch_sandbox(
    launcher: str,
    name: str,
    sandbox: Sandbox,
    streams: Streams,
    texts: Texts,
    group: Group | None = None,
    network: int | None = None,
) -> Child:
    """`network` is a namespace that the launcher is started in, see network.namespaces."""
    with open_filter(sandbox.refusals) as filtering, entrances(group) as entering:
        descriptors = (*texts.descriptors, *_own(sandbox, filtering))
        words = launcher_words(sandbox, filtering)
        return spawn(launcher, name, words, streams, descriptors, entering, network)


def launch_as_root(
    programs: tuple[tuple[str, ...], str],
    name: str,
    sandbox: Sandbox,
    streams: Streams,
    texts: Texts,
    group: Group | None = None,
) -> Child:
    """Launch it as the root of `sandbox.namespace`. `programs` are the interpreter and bubblewrap."""
    (python, *options), launcher = programs
    with open_filter(sandbox.refusals) as filtering, entrances(group) as entering:
        within = (launcher, launcher_words(sandbox, filtering))
        words = entry_words(sandbox.namespace or 0, name, *within)
        descriptors = (*texts.descriptors, *_own(sandbox, filtering))
        return spawn(python, name, [*options, *words], streams, descriptors, entering)


def _own(sandbox: Sandbox, filtering: int | None) -> tuple[int, ...]:
    opened = (sandbox.status, sandbox.namespace, filtering)
    return tuple(descriptor for descriptor in opened if descriptor is not None)


async def announced(descriptor: int) -> bool:
    """Whether the sandbox stands and its command is about to run; False: the launcher ended."""
    async with asyncio.timeout(LAUNCH_SECONDS):
        await readable(descriptor)
    return os.read(descriptor, 1) != b""


async def end_tree(child: Child) -> None:
    """End a launcher with all that is in its sandbox, at whatever point of its launch it is.

    Reaping it is left to who waits for it.
    """
    child.held.signal(signal.SIGSTOP)  # so that it starts nothing more
    below = list(descendants(child.held.pid.pid))
    child.held.signal(signal.SIGKILL)
    await end_all(below)


async def end(child: Child, ended: asyncio.Future[int]) -> None:
    """End what may still run of it and wait for `ended`, which reaps it."""
    if not ended.done():
        await end_tree(child)
    await ended
    child.close()


def make_output(path: Path, owner: int | None) -> int:
    """The named pipe of a process, opened for both ends: without a reader it gets no SIGPIPE.

    It belongs to the process's user, who could not open /dev/stdout otherwise.
    """
    os.mkfifo(path, 0o600)
    if owner is not None:
        os.chown(path, owner, owner, follow_symlinks=False)
    pipe = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    with contextlib.suppress(PermissionError):  # over the user's share: a small pipe works too
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return pipe


def open_output(path: Path) -> int:
    """The reading end of that pipe."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)


@contextlib.contextmanager
def closing(*descriptors: int) -> Iterator[None]:
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
