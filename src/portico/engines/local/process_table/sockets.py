"""Who listens and who is connected, from the kernel's tables under /proc/<pid>/net."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ESTABLISHED, LISTEN = 0x01, 0x0A


@dataclass(frozen=True)
class Socket:
    port: int  # the local one
    state: int
    inode: int


def tcp_sockets(pid: int) -> list[Socket]:
    """All TCP sockets of the network that a process is in; empty when it has ended."""
    found: list[Socket] = []
    for table in ("tcp", "tcp6"):
        try:
            text = Path(f"/proc/{pid}/net/{table}").read_text()
        except OSError:
            continue
        found += parse(text.splitlines()[1:])
    return found


def parse(lines: Iterable[str]) -> Iterator[Socket]:
    for line in lines:
        fields = line.split()
        yield Socket(int(fields[1].rpartition(":")[2], 16), int(fields[3], 16), int(fields[9]))


def connections(sockets: Iterable[Socket], port: int) -> int:
    """Established connections to a port, those not yet accepted included."""
    return sum(socket.state == ESTABLISHED and socket.port == port for socket in sockets)


def listening(sockets: Iterable[Socket], inodes: set[int]) -> tuple[int, ...]:
    """The ports that somebody who holds one of these inodes listens on."""
    ports = {socket.port for socket in sockets if socket.state == LISTEN and socket.inode in inodes}
    return tuple(sorted(ports))


def socket_inodes(pids: Iterable[int]) -> set[int]:
    """The sockets that these processes hold open."""
    return {inode for pid in pids for inode in _held(pid)}


def _held(pid: int) -> Iterator[int]:
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return
    for descriptor in descriptors:
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield int(target[len("socket:[") : -1])
