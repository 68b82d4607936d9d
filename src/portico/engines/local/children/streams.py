"""Bytes from and to descriptors, without blocking and without losing the last ones."""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import AsyncIterator, Callable
from typing import Any

from portico.engines.engine import LineSink
from portico.engines.lines import LineSplitter

CHUNK = 1 << 16


async def readable(descriptor: int) -> None:
    """Return when there is something to read, or the end."""
    loop = asyncio.get_running_loop()
    await _ready(descriptor, loop.add_reader, loop.remove_reader)


async def writable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    await _ready(descriptor, loop.add_writer, loop.remove_writer)


async def _ready(
    descriptor: int, add: Callable[..., object], remove: Callable[[int], object]
) -> None:
    ready = asyncio.Event()
    add(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        remove(descriptor)


async def chunks(descriptor: int, over: asyncio.Future[int]) -> AsyncIterator[bytes]:
    """What is written to a pipe or terminal, until its writers are gone.

    Once `over` is done, only what is there already: a command's children may hold its streams.
    """
    os.set_blocking(descriptor, False)
    while True:
        if not _has_data(descriptor):
            if over.done():
                return
            await _readable_or(descriptor, over)
            continue
        data = _read(descriptor)
        if not data:
            return
        yield data


def _has_data(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError:  # EIO: the last holder of a terminal is gone
        return b""


async def copy_lines(descriptor: int, over: asyncio.Future[int], sink: LineSink) -> None:
    """What is written there, line by line, until `over` as in `chunks`."""
    lines = LineSplitter()
    async for piece in chunks(descriptor, over):
        for line in lines.feed(piece):
            sink(line)
    for line in lines.flush():
        sink(line)


async def _readable_or(descriptor: int, over: asyncio.Future[int]) -> None:
    waiting = asyncio.ensure_future(readable(descriptor))
    either: set[asyncio.Future[Any]] = {waiting, over}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def write_all(descriptor: int, data: bytes) -> None:
    """Raises BrokenPipeError when nobody reads any more."""
    os.set_blocking(descriptor, False)
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            await writable(descriptor)
