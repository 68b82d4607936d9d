"""Whether web answers through the router: one plain HTTP request."""

from __future__ import annotations

import socket

from portico.supervisor.address import Address

PATH = "/-/ready"


def answers(address: Address, host: str, seconds: float) -> bool:
    """Whether the router at this address, asked for this host, says that web is ready."""
    request = f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(address.reachable, timeout=seconds) as connection:
            connection.sendall(request.encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False
