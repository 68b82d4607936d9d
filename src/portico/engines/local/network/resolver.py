"""How names are resolved in a process's own network, where the machine's loopback is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from portico.engines.local.network.names import GATEWAY

FILE = Path("/etc/resolv.conf")
UPSTREAM = Path("/run/systemd/resolve/resolv.conf")
# systemd's resolver hears nothing but its own loopback; it names those that it asks itself in a
# file of the same form.
SYSTEMD = frozenset({"127.0.0.53", "127.0.0.54"})
DEFAULT = "127.0.0.1"  # what the C library asks when the file names nobody


@dataclass(frozen=True)
class Resolver:
    """`text` is the file for processes. Packets to the gateway go to `loopback`, where it is set;
    `servers` are reached whatever else is refused."""

    text: str
    servers: tuple[str, ...]
    loopback: str | None = None


def own_resolver() -> Resolver:
    """From this machine's files."""
    return resolver(_read(FILE) or "", _read(UPSTREAM))


def resolver(text: str, upstream: str | None) -> Resolver:
    """From the machine's resolv.conf, and from systemd's own, if there is one. Pure."""
    if upstream is not None and set(_servers(text)) & SYSTEMD and _far(_servers(upstream)):
        text = upstream
    named = _servers(text) or [DEFAULT]
    loopback = next((server for server in named if _is_near(server)), None)
    servers = [GATEWAY] if loopback else []
    servers += _far(named)
    others = [line for line in text.splitlines() if line.split()[:1] != ["nameserver"]]
    lines = [*others, *(f"nameserver {server}" for server in servers)]
    return Resolver("\n".join(lines) + "\n", tuple(_far(named)), loopback)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _servers(text: str) -> list[str]:
    words = (line.split() for line in text.splitlines())
    return [line[1] for line in words if line[:1] == ["nameserver"] and _is_address(line[1:])]


def _is_address(words: list[str]) -> bool:
    """One with a zone names an interface of the machine's, which a process has not."""
    try:
        ip_address(words[0])
    except (ValueError, IndexError):
        return False
    return "%" not in words[0]


def _far(servers: Iterable[str]) -> list[str]:
    return [server for server in servers if not ip_address(server).is_loopback]


def _is_near(server: str) -> bool:
    """On the machine's IPv4 loopback; packets cannot be sent from there to IPv6's."""
    address = ip_address(server)
    return address.version == 4 and address.is_loopback
