"""Lets the machine pass on packets of processes, and remembers what it was like before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from portico.sysctls import change

IPV4 = "net/ipv4/ip_forward"
IPV6 = "net/ipv6/conf/all/forwarding"


def wanted(settings: Mapping[str, str], *, ipv6: bool) -> Iterator[tuple[str, str]]:
    """Decide what to set, in this order, from the settings of now by their paths.

    A machine that forwards IPv6 stops believing routers on its own links, and might lose its way
    out with it, unless it is told that it is to do both.
    """
    if settings.get(IPV4) == "0":
        yield IPV4, "1"
    if ipv6 and settings.get(IPV6) == "0":
        for name, value in settings.items():
            if name.endswith("/accept_ra") and value == "1":
                yield name, "2"
        yield IPV6, "1"


def turn_on(root: Path, remembered: Path, *, ipv6: bool) -> None:
    """`root` is /proc/sys. Raises OSError."""
    if changes := dict(wanted(_settings(root), ipv6=ipv6)):
        change(root, remembered, changes)


def _settings(root: Path) -> dict[str, str]:
    paths = [root / IPV4, root / IPV6, *(root / "net/ipv6/conf").glob("*/accept_ra")]
    return {
        str(path.relative_to(root)): path.read_text().strip() for path in paths if path.exists()
    }
