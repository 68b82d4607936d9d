"""Connections to where a drain leads, as far as it may be reached from here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from dataclasses import dataclass, field

from portico.build_proxy.destinations import Destinations, RefusedError, UnreachableError
from portico.log_drains.address import Address
from portico.public_addresses import Address as IpAddress

# What the kernel holds for one that does not read is lost unseen when its connection breaks.
SEND_BUFFER = 64 << 10
UNACKNOWLEDGED_MS = 30_000
MOST_ANSWER = 64 << 10


class NotSentError(Exception):
    """The drain has not taken the lines. The text says why, as a sentence about it."""


@dataclass
class Connection:
    """To write to; `listening` waits for its end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    listening: asyncio.Task[None] | None = field(default=None)

    async def write(self, data: bytes) -> None:
        """Until the kernel has all of it."""
        self.writer.write(data)
        await self.writer.drain()

    def listen(self) -> None:
        """Of who only takes: notice when it ends, and read no more than a little of what it says."""
        self.listening = asyncio.create_task(self._heard())

    async def _heard(self) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self.reader.readexactly(MOST_ANSWER)

    @property
    def is_over(self) -> bool:
        ended = self.listening is not None and self.listening.done()
        return ended or self.reader.at_eof() or self.writer.is_closing()

    def close(self) -> None:
        if self.listening is not None:
            self.listening.cancel()
        self.writer.transport.abort()


async def checked(destinations: Destinations, address: Address) -> list[IpAddress]:
    """The addresses of its host that may be reached. Raises NotSentError."""
    try:
        return await destinations.checked((address.host, address.port))
    except RefusedError as error:
        raise NotSentError(
            f"{address.host} is {error}, which log drains may not reach. "
            "The operator can allow it: drains_reach."
        ) from error
    except UnreachableError as error:
        raise NotSentError(f"{address.host} is not known: {error}.") from error


async def connected(destinations: Destinations, address: Address) -> Connection:
    """A connection to the first that answers. Raises NotSentError."""
    why = f"{address.host} has no address."
    for ip in await checked(destinations, address):
        try:
            return await _opened(ip, address)
        except OSError as error:
            why = _complaint(ip, address, error)
    raise NotSentError(why)


def _complaint(ip: IpAddress, address: Address, error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {address.host} is not accepted: {words(error)}."
    if isinstance(error, ssl.SSLError):
        return f"{address.host} does not speak TLS as it should: {words(error)}."
    return f"{ip} does not answer: {words(error)}."


async def _opened(ip: IpAddress, address: Address) -> Connection:
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        await asyncio.get_running_loop().sock_connect(made, (str(ip), address.port))
        is_tls = address.scheme in ("https", "syslog+tls")
        streams = await asyncio.open_connection(
            sock=made,
            ssl=ssl.create_default_context() if is_tls else None,
            server_hostname=address.host if is_tls else None,
        )
    except BaseException:
        made.close()
        raise
    # Not 0: with TLS a transport would then wait for room that there is already.
    streams[1].transport.set_write_buffer_limits(high=1, low=0)
    return Connection(*streams)


def words(error: OSError) -> str:
    """What the system or the certificate's check said."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS failed").replace("_", " ").lower()
    return os.strerror(error.errno) if error.errno else type(error).__name__
