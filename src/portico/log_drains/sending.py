"""Senders for the kinds of drains. Each opens what it needs, and after a failure anew."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from portico.build_proxy.destinations import Destinations
from portico.log_drains.address import Address
from portico.log_drains.messages import Line, counted, datagram, syslog
from portico.log_drains.posting import Poster
from portico.log_drains.reaching import Connection, NotSentError, checked, connected, words

# Names lead elsewhere at times, and who sends datagrams would not notice.
DATAGRAM_SOCKET_SECONDS = 60.0
REFUSAL_SECONDS = 0.05  # in which a machine near here says that nobody listens


class Whose(Protocol):
    """Of whom the lines are; may change."""

    app: str
    host: str


class Sender(Protocol):
    async def send(self, lines: Sequence[Line]) -> None:
        """Raises NotSentError, OSError; then some of them may have come through."""

    def close(self) -> None: ...


class Stream:
    """Syslog over TCP or TLS."""

    def __init__(self, address: Address, destinations: Destinations, whose: Whose) -> None:
        self._address = address
        self._destinations = destinations
        self._whose = whose
        self._connection: Connection | None = None

    async def send(self, lines: Sequence[Line]) -> None:
        if self._connection is None or self._connection.is_over:
            self.close()
            self._connection = await connected(self._destinations, self._address)
            self._connection.listen()
        whose = self._whose
        await self._connection.write(counted(syslog(line, whose.app, whose.host) for line in lines))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Datagrams:
    """Syslog over UDP: what arrives nobody knows, but a refusal is heard of."""

    def __init__(self, address: Address, destinations: Destinations, whose: Whose) -> None:
        self._address = address
        self._destinations = destinations
        self._whose = whose
        self._socket: socket.socket | None = None
        self._until = 0.0

    async def send(self, lines: Sequence[Line]) -> None:
        loop, whose = asyncio.get_running_loop(), self._whose
        if self._socket is None or loop.time() > self._until:
            self.close()
            self._socket = await self._opened()
            self._until = loop.time() + DATAGRAM_SOCKET_SECONDS
        try:
            for line in lines:
                message = datagram(syslog(line, whose.app, whose.host))
                await loop.sock_sendall(self._socket, message)
            await asyncio.sleep(REFUSAL_SECONDS)
            if number := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(number, os.strerror(number))
        except OSError as error:
            raise NotSentError(f"{self._address.host} refuses: {words(error)}.") from error

    async def _opened(self) -> socket.socket:
        ip = (await checked(self._destinations, self._address))[0]
        made = socket.socket(
            socket.AF_INET if ip.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM
        )
        made.setblocking(False)
        try:
            made.connect((str(ip), self._address.port))
        except OSError as error:
            made.close()
            raise NotSentError(f"{ip} cannot be reached: {words(error)}.") from error
        return made

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def sender_for(
    address: Address, headers: Mapping[str, str], destinations: Destinations, whose: Whose
) -> Sender:
    if address.is_http:
        return Poster(address, headers, destinations, whose)
    kinds: dict[str, Callable[[Address, Destinations, Whose], Sender]]
    kinds = {"syslog": Datagrams, "syslog+tcp": Stream, "syslog+tls": Stream}
    return kinds[address.scheme](address, destinations, whose)
