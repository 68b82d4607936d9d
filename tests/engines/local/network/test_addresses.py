"""Which addresses are tried, and in which order."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from itertools import count

from portico.engines.local.network.addresses import beside, candidates


def test_each_address_of_the_network_is_tried_once() -> None:
    tried = list(candidates(IPv4Network("198.18.0.0/29"), count(12 + 4)))
    assert [str(address) for address in tried] == [
        f"198.18.0.{last}" for last in (5, 6, 1, 2, 3, 4)
    ]


def test_what_one_process_found_taken_is_not_tried_by_the_next() -> None:
    """It may have become free a moment ago, and the router may still be sending to it."""
    numbers = count()
    first = candidates(IPv4Network("198.18.0.0/29"), numbers)
    tried = [next(first), next(first), next(candidates(IPv4Network("198.18.0.0/29"), numbers))]
    assert [str(address) for address in tried] == [f"198.18.0.{last}" for last in (1, 2, 3)]


def test_an_ipv6_address_holds_the_ipv4_one() -> None:
    assert str(beside(IPv4Address("198.18.1.2"))) == "fd70:6f72:7469:636f::c612:102"
