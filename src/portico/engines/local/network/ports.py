"""Free TCP ports for processes that listen, while all share the machine's network."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Iterator
from pathlib import Path

from portico.errors import PorticoError

LOWEST, HIGHEST = 20_000, 65_535
EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
# A machine without IPv6 has no port in use there.
NO_SUCH_FAMILY = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT})


class Ports:
    """Remembers what it has handed out: an app may be slow to bind its port."""

    def __init__(self, candidates: tuple[int, ...] | None = None) -> None:
        self._candidates = candidates if candidates is not None else outside_ephemeral()
        # Another server on this machine hands out ports too; begin somewhere else.
        self._next = random.randrange(len(self._candidates))  # noqa: S311 - spreads, hides nothing
        self._taken: set[int] = set()

    def take(self) -> int:
        """A port that nobody listens on and no other process was given."""
        for port in self._from_next():
            if port not in self._taken and is_free(port):
                self._taken.add(port)
                return port
        raise PorticoError(
            "No free port is left for another process.",
            f"All {len(self._candidates)} ports from {self._candidates[0]} to "
            f"{self._candidates[-1]} are in use.",
            "Stop processes that are not needed, or scale some apps down.",
            status=503,
        )

    def remember(self, port: int) -> None:
        self._taken.add(port)

    def release(self, port: int) -> None:
        self._taken.discard(port)

    def _from_next(self) -> Iterator[int]:
        for _ in self._candidates:
            port = self._candidates[self._next]
            self._next = (self._next + 1) % len(self._candidates)
            yield port


def outside_ephemeral() -> tuple[int, ...]:
    """The ports that the kernel never gives to outgoing connections."""
    low, high = map(int, EPHEMERAL_RANGE.read_text().split())
    below, above = range(LOWEST, low), range(high + 1, HIGHEST + 1)
    return (*below, *above) or tuple(range(LOWEST, HIGHEST + 1))


def is_free(port: int) -> bool:
    """Whether a process could bind it on any address."""
    everywhere = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))  # noqa: S104 - never listens
    return all(_binds(family, address, port) for family, address in everywhere)


def _binds(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            if family == socket.AF_INET6:
                trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            trial.bind((address, port))
    except OSError as error:
        return error.errno in NO_SUCH_FAMILY
    return True
