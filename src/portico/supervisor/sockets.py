"""Web's listening sockets. The supervisor holds them, so requests wait out a restart of web."""

from __future__ import annotations

import ctypes
import os
import socket
from pathlib import Path

from portico.layout import Layout, Users
from portico.supervisor.state import SocketRecord

BACKLOG = 4096
PIDFD_GETFD = 438  # the same number on every architecture of Linux that Portico runs on
ROUTER, AGENT = "router", "agent"
VARIABLES = {ROUTER: "PORTICO_ROUTER_FD", AGENT: "PORTICO_AGENT_FD"}

Sockets = dict[str, socket.socket]


def open_all(layout: Layout, users: Users) -> Sockets:
    """Fresh sockets; each takes the place of an older one at its path at once."""
    return {
        ROUTER: listen(layout.web_socket, 0o660, users.web, users.router),
        AGENT: listen(layout.agent_socket, 0o600),
    }


def listen(path: Path, mode: int, uid: int | None = None, gid: int | None = None) -> socket.socket:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(fresh))
    os.chown(fresh, -1 if uid is None else uid, -1 if gid is None else gid)
    fresh.chmod(mode)
    listening.listen(BACKLOG)
    fresh.rename(path)
    return listening


def records(sockets: Sockets) -> dict[str, SocketRecord]:
    """By what a later supervisor finds these sockets in web, and knows them again."""
    return {
        name: SocketRecord(held.fileno(), os.fstat(held.fileno()).st_ino)
        for name, held in sockets.items()
    }


def take_back(pidfd: int, wanted: dict[str, SocketRecord]) -> Sockets | None:
    """The sockets out of a running web, None when the kernel or web does not give them."""
    found: Sockets = {}
    for name in VARIABLES:
        taken = _take(pidfd, wanted[name]) if name in wanted else None
        if taken is None:
            _close(found)
            return None
        found[name] = taken
    return found


def inherited(descriptors: dict[str, int]) -> Sockets:
    """The sockets that an earlier image of this process held."""
    for descriptor in descriptors.values():
        os.set_inheritable(descriptor, False)
    return {name: socket.socket(fileno=number) for name, number in descriptors.items()}


def _take(pidfd: int, wanted: SocketRecord) -> socket.socket | None:
    descriptor = ctypes.CDLL(None).syscall(PIDFD_GETFD, pidfd, wanted.descriptor, 0)
    if descriptor < 0:
        return None
    if os.fstat(descriptor).st_ino != wanted.inode:
        os.close(descriptor)
        return None
    taken = socket.socket(fileno=descriptor)
    if taken.family == socket.AF_UNIX and taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return taken
    taken.close()
    return None


def _close(sockets: Sockets) -> None:
    for held in sockets.values():
        held.close()
