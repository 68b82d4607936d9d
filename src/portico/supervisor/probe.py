"""Whether web answers through the router: one HTTP request."""

from __future__ import annotations

import socket

from portico.supervisor.address import Address

PATH = "/-/ready"


def answers(address: Address, host: str, seconds: float, *, tls: bool = False) -> bool:
    """Whether the router at this address, asked for this host, says that web is ready."""
    request = f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    try:
        with _connected(address, seconds, tls) as connection:
            connection.sendall(request.encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def _connected(address: Address, seconds: float, tls: bool) -> socket.socket:
    plain = socket.create_connection(address.reachable, timeout=seconds)
    if not tls:
        return plain
    import ssl  # not in a supervisor that has no use for it

    context = ssl.create_default_context()
    # Whose certificate it is matters to viewers; here it is this machine's own router.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain)
