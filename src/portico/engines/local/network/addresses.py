"""Which addresses processes have. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address

# Unique local addresses; the last four bytes are the IPv4 address of the same process.
PREFIX6 = int(IPv6Address("fd70:6f72:7469:636f::"))


def candidates(network: IPv4Network, start: int) -> Iterator[IPv4Address]:
    """All of it once, from the one of that number on."""
    count = network.num_addresses - 2  # without the first and the last, which have meanings
    for offset in range(count):
        yield network[1 + (start + offset) % count]


def beside(address: IPv4Address) -> IPv6Address:
    """The IPv6 address of the process that has this IPv4 address."""
    return IPv6Address(PREFIX6 + int(address))
