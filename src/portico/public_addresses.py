"""Which addresses builds and webhooks may reach. Pure, but for the list of the machine's own.

The networks are listed, not asked of `ipaddress`: its `is_global` also refuses the documentation
networks, which air-gapped sites and mirrors do use, and changes with the Python version.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path

Address = IPv4Address | IPv6Address
NETWORKS: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "an address of this network"),
    ("10.0.0.0/8", "a private address"),
    ("100.64.0.0/10", "an address of a carrier's network"),
    ("127.0.0.0/8", "a loopback address"),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.168.0.0/16", "a private address"),
    ("198.18.0.0/15", "an address of a test network"),
    ("224.0.0.0/4", "a multicast address"),
    ("240.0.0.0/4", "a reserved address"),
    ("::/128", "an address of this network"),
    ("::1/128", "a loopback address"),
    ("fc00::/7", "a private address"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a private address"),
    ("ff00::/8", "a multicast address"),
)
REFUSED: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (ip_network(network), words) for network, words in NETWORKS
)
# IPv6 networks whose addresses end in an IPv4 address: compatible, mapped, and translated ones.
ENDING_IN_V4 = tuple(
    IPv6Network(network) for network in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
V4_ADDRESSES = Path("/proc/net/fib_trie")
V6_ADDRESSES = Path("/proc/net/if_inet6")
LOCAL_V4 = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")


def refusal(address: Address, own: Collection[Address] = ()) -> str:
    """What that address is when it may not be reached, else ''."""
    for meant in (address, *_embedded(address)):
        for network, words in REFUSED:
            if meant in network:
                return words
        if meant in own:
            return "an address of the server itself"
    return ""


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address may lead to."""
    if isinstance(address, IPv4Address):
        return
    if any(address in network for network in ENDING_IN_V4) and int(address) > 1:
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo


def parsed(text: str) -> Address:
    """An address as the system writes it, perhaps with a scope. Raises ValueError."""
    return ip_address(text.partition("%")[0])


def own_addresses() -> frozenset[Address]:
    """Those of the machine's interfaces."""
    return frozenset((*_own_v4(_text(V4_ADDRESSES)), *_own_v6(_text(V6_ADDRESSES))))


def _own_v4(trie: str) -> Iterator[Address]:
    yield from map(IPv4Address, LOCAL_V4.findall(trie))


def _own_v6(table: str) -> Iterator[Address]:
    yield from (IPv6Address(int(line.split()[0], 16)) for line in table.splitlines() if line)


def _text(file: Path) -> str:
    """Of a kernel without IPv6 there is no such file."""
    try:
        return file.read_text()
    except OSError:
        return ""
