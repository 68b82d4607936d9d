"""Drains that are asked by HTTP: a POST for each batch, with a JSON object a line."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import unquote

from portico.build_proxy.destinations import Destinations
from portico.log_drains.address import Address
from portico.log_drains.messages import Line, documents
from portico.log_drains.reaching import MOST_ANSWER, Connection, NotSentError, connected

STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,6})[ \t]*(?=\r\n)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\n(connection:[ \t]*close|transfer-encoding:)", re.IGNORECASE)
MOST_INTERIM = 5  # answers before the answer
BROKEN = (OSError, asyncio.IncompleteReadError)


class Named(Protocol):
    app: str


class Poster:
    """Keeps its connection as long as the other side does. Follows no redirection."""

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        destinations: Destinations,
        whose: Named,
    ) -> None:
        self._address = address
        self._headers = headers
        self._destinations = destinations
        self._whose = whose
        self._connection: Connection | None = None

    async def send(self, lines: Sequence[Line]) -> None:
        """Raises NotSentError unless it answers that it has taken them."""
        body = documents(lines, self._whose.app)
        message = head(self._address, self._headers, len(body)) + body
        status = await self._on_kept(message)
        if status is None:
            self._connection = await connected(self._destinations, self._address)
            try:
                status = await self._asked(self._connection, message)
            except asyncio.IncompleteReadError as error:
                raise NotSentError(
                    f"{self._address.host} ended the connection without an answer."
                ) from error
        if not 200 <= status < 300:
            raise NotSentError(refusal(self._address.host, status))

    async def _on_kept(self, message: bytes) -> int | None:
        """On the connection of before; None when the other side has let go of it."""
        if self._connection is not None and not self._connection.is_over:
            try:
                return await self._asked(self._connection, message)
            except BROKEN:
                pass
        self.close()
        return None

    async def _asked(self, connection: Connection, message: bytes) -> int:
        await connection.write(message)
        for _ in range(MOST_INTERIM):
            answer = await _head(connection.reader, self._address.host)
            found = STATUS.match(answer)
            if found is None:
                break
            status = int(found[1])
            if status >= 200:
                await self._finish(connection, status, answer)
                return status
        raise NotSentError(f"{self._address.host} does not answer in HTTP.")

    async def _finish(self, connection: Connection, status: int, answer: bytes) -> None:
        """Read what belongs to the answer, where that is little; else the connection is not kept."""
        length = LENGTH.search(answer)
        count = 0 if status == 204 else int(length[1]) if length else MOST_ANSWER + 1
        if count > MOST_ANSWER or CLOSES.search(answer):
            self.close()
        else:
            await connection.reader.readexactly(count)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


async def _head(reader: asyncio.StreamReader, host: str) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise NotSentError(f"{host} does not answer in HTTP.") from error


def head(address: Address, headers: Mapping[str, str], length: int) -> bytes:
    """The request up to its body. Pure."""
    told = {
        "Host": address.authority,
        "User-Agent": "portico",
        "Content-Type": "application/x-ndjson",
        "Content-Length": str(length),
    }
    if address.credentials:
        pair = unquote(address.credentials).encode()
        told["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    for name, value in headers.items():
        told = {kept: told[kept] for kept in told if kept.lower() != name.lower()} | {name: value}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {address.path} HTTP/1.1\r\n{lines}\r\n".encode()


def refusal(host: str, status: int) -> str:
    if 300 <= status < 400:
        return f"{host} answered {status}: it leads elsewhere. Give the drain that address."
    if status in (401, 403):
        return f"{host} answered {status}: it wants other credentials."
    return f"{host} answered {status}."
