"""Which addresses processes have. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from itertools import islice

# Unique local addresses; the last four bytes are the IPv4 address of the same process.
PREFIX6 = int(IPv6Address("fd70:6f72:7469:636f::"))


def candidates(network: IPv4Network, numbers: Iterator[int]) -> Iterator[IPv4Address]:
    """As many as it has, each by the next number: who shares the numbers is given none twice in a
    round, nor one that another found taken.
    """
    count = network.num_addresses - 2  # without the first and the last, which have meanings
    for number in islice(numbers, count):
        yield network[1 + number % count]


def beside(address: IPv4Address) -> IPv6Address:
    """The IPv6 address of the process that has this IPv4 address."""
    return IPv6Address(PREFIX6 + int(address))
