"""Links, addresses and routes of processes, through the kernel's own interface.

A veth pair joins the machine and a process's namespace. Both ends know each other by routes to
single addresses, so no network exists that anything else could be part of. An address is taken when
its route is: the kernel refuses a second, also of another server's.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from portico.engines.local.network.addresses import beside
from portico.engines.local.network.names import ANY_SERVER, GATEWAY, GATEWAY6, INSIDE
from portico.errors import PorticoError

LINK_SCOPE = 253
NO_DUPLICATE_DETECTION = 2
SYSCTL = Path("/proc/sys/net")


@dataclass(frozen=True)
class Wire:
    """A link to be: the machine's end, what it is noted for, and the namespace of the other."""

    interface: str
    alias: str
    namespace: int
    mtu: int
    ipv6: bool
    loopback_names: bool  # packets to the gateway may be led to the machine's loopback


@contextmanager
def _kernel() -> Iterator[IPRoute]:
    """A connection from this thread's network. Raises OSError when the kernel refuses."""
    try:
        with IPRoute() as kernel:
            yield kernel
    except NetlinkError as error:
        raise OSError(error.code, os.strerror(error.code)) from error


def connect(wire: Wire, addresses: Iterable[IPv4Address]) -> IPv4Address:
    """Make the link and the machine's end; the address that the other end is to have."""
    with _kernel() as kernel:
        peer = {"ifname": INSIDE, "net_ns_fd": wire.namespace, "mtu": wire.mtu}
        kernel.link(
            "add",
            ifname=wire.interface,
            kind="veth",
            mtu=wire.mtu,
            peer=peer,
        )
        (index,) = kernel.link_lookup(ifname=wire.interface)
        _configure(wire)
        kernel.addr("add", index=index, address=GATEWAY, prefixlen=32, scope=LINK_SCOPE)
        kernel.link("set", index=index, ifalias=wire.alias, state="up")
        address = _take_address(kernel, index, addresses)
        if wire.ipv6:
            _add_ipv6(kernel, index, GATEWAY6, 64)
            kernel.route("add", dst=f"{beside(address)}/128", oif=index)
        return address


def _configure(wire: Wire) -> None:
    settings = SYSCTL / "ipv4/conf" / wire.interface
    (settings / "rp_filter").write_text("1")
    if wire.loopback_names:
        (settings / "route_localnet").write_text("1")


def _take_address(kernel: IPRoute, index: int, addresses: Iterable[IPv4Address]) -> IPv4Address:
    for address in addresses:
        try:
            kernel.route("add", dst=f"{address}/32", oif=index, prefsrc=GATEWAY, scope=LINK_SCOPE)
        except NetlinkError as error:
            if error.code != errno.EEXIST:
                raise
        else:
            return address
    raise PorticoError(
        "No free address is left for another process.",
        "All that processes may have are in use.",
        "Stop processes that are not needed, or set a larger `app_network` and restart the server.",
        status=503,
    )


def configure_inside(address: IPv4Address, *, ipv6: bool) -> None:
    """The other end; to be called within its namespace."""
    (SYSCTL / "ipv4/ip_unprivileged_port_start").write_text("0")
    (SYSCTL / f"ipv4/conf/{INSIDE}/route_localnet").write_text("1")
    with _kernel() as kernel:
        kernel.link("set", index=1, state="up")
        (index,) = kernel.link_lookup(ifname=INSIDE)
        kernel.addr("add", index=index, address=str(address), prefixlen=32)
        kernel.link("set", index=index, state="up")
        kernel.route("add", dst=f"{GATEWAY}/32", oif=index, scope=LINK_SCOPE)
        kernel.route("add", dst="default", gateway=GATEWAY, oif=index)
        if ipv6:
            _add_ipv6(kernel, index, str(beside(address)), 128)
            kernel.route("add", dst="default", gateway=GATEWAY6, oif=index, family=10)


def _add_ipv6(kernel: IPRoute, index: int, address: str, length: int) -> None:
    kernel.addr("add", index=index, address=address, prefixlen=length, flags=NO_DUPLICATE_DETECTION)


def remove_noted(start: str, kept: frozenset[str]) -> list[str]:
    """Remove links whose note begins like that, but for those that are kept; what was removed."""
    removed = []
    with _kernel() as kernel:
        for link in kernel.get_links():
            name, alias = link.get_attr("IFLA_IFNAME"), link.get_attr("IFLA_IFALIAS") or ""
            if name.startswith(ANY_SERVER) and alias.startswith(start) and alias not in kept:
                _remove(kernel, link["index"])
                removed.append(alias)
    return removed


def _remove(kernel: IPRoute, index: int) -> None:
    try:
        kernel.link("del", index=index)
    except NetlinkError as error:
        if error.code != errno.ENODEV:  # the kernel was just removing it too
            raise


@dataclass(frozen=True)
class Outside:
    """What the machine's own way to the rest of the world is like."""

    mtu: int = 1500
    ipv6: bool = False


def outside() -> Outside:
    with _kernel() as kernel:
        mtus = [
            link.get_attr("IFLA_MTU")
            for route in kernel.get_default_routes()
            for link in kernel.get_links(route.get("oif"))
        ]
        ipv6 = any(route["family"] == 10 for route in kernel.get_default_routes())
    return Outside(min(mtus, default=1500), ipv6)
