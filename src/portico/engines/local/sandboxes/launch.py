"""Launching a sandbox: the descriptors it gets, and its word that it stands."""

from __future__ import annotations

import asyncio
import os

from portico.engines.local.cgroups.group import Group, entrances
from portico.engines.local.children.spawn import Child, Streams, spawn
from portico.engines.local.children.streams import readable
from portico.engines.local.network.namespaces import inside
from portico.engines.local.sandboxes.filters import open_filter
from portico.engines.local.sandboxes.texts import Texts
from portico.engines.local.user_namespaces.opening import entry_words
from portico.engines.sandbox import Sandbox, launcher_words

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
    with (
        open_filter(sandbox.refusals) as filtering,
        entrances(group) as entering,
        inside(network),
    ):
        descriptors = (*texts.descriptors, *_own(sandbox, filtering))
        words = launcher_words(sandbox, filtering)
        return spawn(launcher, name, words, streams, descriptors, entering)


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
