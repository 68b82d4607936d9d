"""Posts to an address that an author has named, without becoming their way into this network.

A name is resolved once, its addresses are judged, and one of the good ones is connected to.
Redirects are not followed. The whole of it has a time limit, and of the answer its status counts.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from portico.control import instance
from portico.public_addresses import Address, own_addresses, parsed, refusal

SECONDS = 10.0
PORTS = {"http": 80, "https": 443}


class FailedError(Exception):
    """It did not arrive. The text says why."""


def post(url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """What it was answered with, in words. Raises FailedError."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    addresses = _reachable(host, port)
    connection = _Connection(host, port, addresses, tls=parts.scheme == "https")
    limit = threading.Timer(SECONDS, connection.break_off)
    limit.start()
    try:
        return _asked(connection, parts, body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise FailedError(_why(error, broken_off=connection.broken_off)) from error
    finally:
        limit.cancel()
        connection.close()


def good(addresses: Iterable[Address], own: Collection[Address]) -> list[Address]:
    """Those that may be connected to; raises FailedError when there is none. Pure."""
    judged = {address: refusal(address, own) for address in addresses}
    found = [address for address, words in judged.items() if not words]
    if not found:
        address, words = next(iter(judged.items()))
        raise FailedError(
            f"Not sent: {address} is {words}, which webhooks may not reach unless the operator "
            "says so in webhook_reaches."
        )
    return found


def _reachable(host: str, port: int) -> list[Address]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FailedError(f"{host} cannot be found: {_why(error)}") from error
    found = list(dict.fromkeys(parsed(str(answer[4][0])) for answer in answers))
    named = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return found if named in instance.server().webhook_reaches else good(found, own_addresses())


class _Connection(http.client.HTTPConnection):
    """To one of these addresses, whatever the host's name means a moment later."""

    def __init__(self, host: str, port: int, addresses: list[Address], *, tls: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self.default_port = PORTS["https" if tls else "http"]
        self.broken_off = False
        self._addresses = addresses
        self._tls = ssl.create_default_context() if tls else None

    def connect(self) -> None:
        self.sock = self._opened()
        if self._tls:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)

    def break_off(self) -> None:
        """From another thread: an answer may come byte by byte for ever."""
        self.broken_off = True
        if self.sock:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def _opened(self) -> socket.socket:
        for number, address in enumerate(self._addresses[:2], start=1):
            try:
                return socket.create_connection((str(address), self.port), timeout=SECONDS / 2)
            except OSError:
                if number == min(len(self._addresses), 2):
                    raise
        raise AssertionError("there is always an address")


def _asked(
    connection: _Connection, parts: SplitResult, body: bytes, headers: Mapping[str, str]
) -> str:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("POST", target, body, dict(headers))
    status = connection.getresponse().status
    if connection.broken_off:  # what ends in the middle of its headers counts as an answer
        raise TimeoutError
    if 200 <= status < 300:
        return f"It answered {status}."
    if 300 <= status < 400:
        raise FailedError(f"It answered {status}; redirects are not followed.")
    raise FailedError(f"It answered {status}.")


def _why(error: Exception, *, broken_off: bool = False) -> str:
    if broken_off or isinstance(error, TimeoutError):
        return f"It did not answer within {SECONDS:.0f} seconds."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate is not trusted: {error.verify_message}."
    if isinstance(error, http.client.HTTPException):
        return "It answered with something that is not HTTP."
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{words}."
