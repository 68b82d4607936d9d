"""A command inside a running process's sandbox."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from portico.engines.local.cgroups.group import Group, entrances
from portico.engines.local.children.spawn import Child, Streams, spawn
from portico.engines.local.host.survey import Host
from portico.engines.local.process_table.pids import PROC, Pid
from portico.engines.local.sandboxes.filters import open_filter
from portico.engines.local.user_namespaces.standing import inside
from portico.engines.sandbox import Sandbox, entry_words
from portico.errors import PorticoError

PROGRAM = Path(__file__).with_name("enter_program.py")
# The last one changes what can be opened, so it comes last.
NAMESPACES = ("cgroup", "ipc", "uts", "net", "pid", "mnt")
NOBODY_ELSE = "-"
PARENT_OF_NAMESPACE = 0xB702  # NS_GET_PARENT


def enter(
    host: Host, name: str, init: Pid, sandbox: Sandbox, streams: Streams, group: Group
) -> Child:
    """Start `sandbox.command` in the namespaces of the process `init`, which is in that group."""
    with (
        open_namespaces(init, own_user=sandbox.user is None) as namespaces,
        open_filter(sandbox.refusals) as filtering,
        entrances(group) as entering,
    ):
        user = NOBODY_ELSE
        if (own := sandbox.user) is not None and _differs(init, "user"):
            # Among the users of a stack, whose own setpriv is not to be trusted.
            sandbox, user = replace(sandbox, namespace=namespaces[-1]), str(inside(own))
        filters = () if filtering is None else (filtering,)
        lists = (",".join(map(str, descriptors)) for descriptors in (namespaces, filters))
        words = [*host.interpreter[1:], str(PROGRAM), *lists, user, *entry_words(sandbox)]
        return spawn(host.python, name, words, streams, (*namespaces, *filters), entering)


@contextmanager
def open_namespaces(init: Pid, *, own_user: bool) -> Iterator[tuple[int, ...]]:
    """The namespaces in the order of entering; they keep meaning this process from here on."""
    with ExitStack() as opened:
        try:
            namespaces = [_open(opened, init, name) for name in NAMESPACES if _differs(init, name)]
            if own_user:
                namespaces = _between_users(opened, init, namespaces)
            elif _differs(init, "user"):
                namespaces.append(_open(opened, init, "user"))
        except OSError as error:
            raise ended() from error
        if not init.alive:
            raise ended()
        yield tuple(namespaces)


def _between_users(opened: ExitStack, init: Pid, namespaces: list[int]) -> list[int]:
    """The others belong to an outer user namespace; the command is locked in an inner one."""
    inner = _open(opened, init, "user")
    outer = fcntl.ioctl(inner, PARENT_OF_NAMESPACE)
    opened.callback(os.close, outer)
    return [outer, *namespaces, inner]


def _differs(init: Pid, name: str) -> bool:
    """A namespace shared with this process need not be entered, and by an ordinary user cannot."""
    here, there = (PROC / owner / "ns" / name for owner in ("self", str(init.pid)))
    return here.stat().st_ino != there.stat().st_ino


def _open(opened: ExitStack, init: Pid, name: str) -> int:
    descriptor = os.open(PROC / str(init.pid) / "ns" / name, os.O_RDONLY | os.O_CLOEXEC)
    opened.callback(os.close, descriptor)
    return descriptor


def ended() -> PorticoError:
    return PorticoError(
        "There is no such process any more.",
        "It has ended, or is just ending.",
        "List the running ones with `portico ps`, then try again.",
        status=409,
    )
