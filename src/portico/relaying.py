"""Passing bytes between two connections. Standard library only: builds and their proxy use it.

What waits to be written is bounded: nothing more is read before it has gone out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

CHUNK = 1 << 16


@dataclass(frozen=True)
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


async def both_ways(one: Connection, other: Connection) -> None:
    """Until both have said all; that one has is passed on. Ends at once when either breaks."""
    with contextlib.suppress(OSError):  # reset, or gone before its end could be passed on
        forth = asyncio.ensure_future(one_way(one.reader, other.writer))
        back = asyncio.ensure_future(one_way(other.reader, one.writer))
        try:
            await asyncio.gather(forth, back)
        finally:
            forth.cancel()
            back.cancel()


async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def exactly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> None:
    """Pass on that many bytes, or fewer when no more come."""
    while count and (data := await reader.read(min(CHUNK, count))):
        writer.write(data)
        await writer.drain()
        count -= len(data)


@contextlib.asynccontextmanager
async def closing(connection: Connection) -> AsyncIterator[Connection]:
    try:
        yield connection
    finally:
        connection.writer.close()
