"""From a process's pipe into its log, losing no line when this process is killed.

`tee(2)` copies what stands in the pipe without taking it; whole lines are written to the log, and
only then exactly their bytes are taken. An agent that dies in between leaves them in the pipe.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import fcntl
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from portico.agent.logs.lines import LONGEST

NONBLOCK = 2  # SPLICE_F_NONBLOCK
PIPE_BYTES = 256 << 10
SILENCE = 1.0  # seconds after which a line without an end is taken for one


class Tee:
    """Looks into pipes through one of its own, which is empty again after each look."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._out, self._in = os.pipe()
        with suppress(PermissionError):  # over the user's share of pipes: smaller looks
            fcntl.fcntl(self._in, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def peek(self, pipe: int) -> bytes | None:
        """What stands in a pipe; None: nothing now, empty: nothing ever again."""
        count = self._libc.tee(pipe, self._in, ctypes.c_size_t(PIPE_BYTES), NONBLOCK)
        if count < 0:
            number = ctypes.get_errno()
            if number == errno.EAGAIN:
                return None
            raise OSError(number, os.strerror(number))
        return _exactly(self._out, count)

    def close(self) -> None:
        os.close(self._out)
        os.close(self._in)


def _exactly(pipe: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += os.read(pipe, count - len(data))
    return data


def _take(pipe: int, count: int) -> None:
    """Or less: a process can read its own output's pipe, and may have taken some back."""
    with suppress(BlockingIOError):
        while count and (piece := os.read(pipe, count)):
            count -= len(piece)


class Allowance:
    """A token bucket that holds a second's worth."""

    def __init__(self, per_second: int, now: float) -> None:
        self._per_second = per_second
        self._left = float(per_second)
        self._at = now

    def pause_after(self, taken: int, now: float) -> float:
        """Seconds to wait before more is taken."""
        earned = (now - self._at) * self._per_second
        self._left = min(self._left + earned, self._per_second) - taken
        self._at = now
        return max(-self._left / self._per_second, 0.0)


def whole_lines(data: bytes) -> bytes:
    """The part of a look that can be kept: up to its last line end, or a line that is too long."""
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) >= LONGEST:
        return data[:LONGEST]
    return data[:end]


async def drain(tee: Tee, pipe: int, per_second: int, keep: Callable[[bytes], None]) -> None:
    """Take the lines out of a pipe until its writers are gone, then close it."""
    allowance = Allowance(per_second, time.monotonic())
    try:
        with _changes(pipe) as changed:
            while (data := tee.peek(pipe)) != b"":
                lines = whole_lines(data or b"")
                if not lines and await _more(pipe, changed, waiting=data is not None):
                    continue
                lines = lines or data or b""
                keep(lines)
                _take(pipe, len(lines))
                await asyncio.sleep(allowance.pause_after(len(lines), time.monotonic()))
    finally:
        os.close(pipe)


async def _more(pipe: int, changed: asyncio.Event, *, waiting: bool) -> bool:
    """Whether something has come, while half a line may be waiting to be taken as it is."""
    if waiting and _is_over(pipe):
        return False
    try:
        async with asyncio.timeout(SILENCE if waiting else None):
            await changed.wait()
    except TimeoutError:
        return False
    changed.clear()
    return True


def _is_over(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


@contextmanager
def _changes(pipe: int) -> Iterator[asyncio.Event]:
    """Set whenever something was written: by edges, for half a line may stay in the pipe."""
    changed = asyncio.Event()
    changed.set()
    edges = select.epoll()
    edges.register(pipe, select.EPOLLIN | select.EPOLLET)

    def note() -> None:
        edges.poll(0)
        changed.set()

    loop = asyncio.get_running_loop()
    loop.add_reader(edges.fileno(), note)
    try:
        yield changed
    finally:
        loop.remove_reader(edges.fileno())
        edges.close()
