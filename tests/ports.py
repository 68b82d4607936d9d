"""Ports for tests."""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A TCP port that nobody listens on, below those that the kernel hands out by itself."""
    lowest = int(EPHEMERAL.read_text().split()[0])
    for port in random.sample(range(min(10_000, lowest - 1000), lowest), 100):
        with contextlib.suppress(OSError), socket.socket() as test:
            test.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")
