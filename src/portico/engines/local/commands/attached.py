"""Commands whose streams somebody holds: one-offs and commands in a running sandbox."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from portico.engines.engine import Exit, Output, Terminal
from portico.engines.local.cgroups.counters import NOBODY_COUNTS, Counters
from portico.engines.local.children.descriptors import closing
from portico.engines.local.children.ending import end_tree
from portico.engines.local.children.spawn import Child, Streams
from portico.engines.local.children.streams import chunks, write_all
from portico.engines.local.processes.endings import how

END_OF_FILE = b"\x04"
PIECES_AHEAD = 16  # pieces of output kept for a slow reader, before the command has to wait


@dataclass(frozen=True)
class Ends:
    """The two sides of a command's streams: what the command gets, and what is kept here."""

    command: Streams
    outputs: Mapping[Output, int]
    stdin: int
    terminal: bool = False

    @property
    def commands_own(self) -> frozenset[int]:
        return frozenset((self.command.stdin, self.command.stdout, self.command.stderr))

    @property
    def kept(self) -> frozenset[int]:
        return frozenset((*self.outputs.values(), self.stdin))


def open_ends(terminal: Terminal | None, owner: int | None) -> Ends:
    ends = open_pipes() if terminal is None else open_terminal(terminal)
    if owner is not None:  # or the command could not open /dev/stdout
        for descriptor in ends.commands_own:
            _give(descriptor, owner)
    return ends


def _give(descriptor: int, owner: int) -> None:
    """A terminal is of the group tty, an id that this process may not be able to give away. As its
    owner it can take it for its own group first."""
    os.fchown(descriptor, -1, os.getegid())
    os.fchown(descriptor, owner, owner)


def open_pipes() -> Ends:
    stdin, to_stdin = os.pipe()
    from_stdout, stdout = os.pipe()
    from_stderr, stderr = os.pipe()
    outputs = {Output.STDOUT: from_stdout, Output.STDERR: from_stderr}
    return Ends(Streams(stdin, stdout, stderr), outputs, to_stdin)


def open_terminal(terminal: Terminal) -> Ends:
    here, theirs = os.openpty()
    set_size(here, terminal.rows, terminal.columns)
    return Ends(Streams(theirs, theirs, theirs), {Output.STDOUT: here}, here, terminal=True)


def set_size(terminal: int, rows: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextmanager
def handing_over(ends: Ends) -> Iterator[Streams]:
    """Close the command's side after the launch, and this side too when there was none."""
    try:
        with closing(*ends.commands_own):
            yield ends.command
    except BaseException:
        with closing(*ends.kept):
            raise


class LocalAttached:
    """See `Attached` in engines/engine.py. `finished` cleans up after the command."""

    def __init__(
        self,
        child: Child,
        ends: Ends,
        finished: Callable[[], Awaitable[None]],
        counters: Counters = NOBODY_COUNTS,
    ) -> None:
        self._child = child
        self._counters = counters
        self._exit = Exit(None)
        self._ends = ends
        self._finished = finished
        self._stdin_open = True
        self._writing: asyncio.Task[None] | None = None
        self._pieces: asyncio.Queue[tuple[Output, bytes] | None] = asyncio.Queue(PIECES_AHEAD)
        self._ended = asyncio.create_task(child.wait())
        self._reading = asyncio.create_task(self._read_all())
        self._cleaned = asyncio.create_task(self._clean_up())

    async def read(self) -> tuple[Output, bytes] | None:
        piece = await self._pieces.get()
        if piece is None:
            self._pieces.put_nowait(None)  # for whoever asks again
        return piece

    async def write(self, data: bytes) -> None:
        if not self._stdin_open:
            return
        with suppress(OSError):  # nobody reads it any more
            if data:
                await self._write(data)
            else:
                await self._close_stdin()

    async def _write(self, data: bytes) -> None:
        """Until all is written or the command has ended, whichever comes first."""
        self._writing = asyncio.create_task(write_all(self._ends.stdin, data))
        await asyncio.wait({self._writing})
        if not self._writing.cancelled():
            self._writing.result()

    async def _close_stdin(self) -> None:
        if self._ends.terminal:  # the same descriptor brings the output
            await self._write(END_OF_FILE)
        else:
            self._stdin_open = False
            os.close(self._ends.stdin)

    def resize(self, rows: int, columns: int) -> None:
        if self._ends.terminal and self._stdin_open:
            set_size(self._ends.stdin, rows, columns)

    async def wait(self) -> Exit:
        await asyncio.shield(self._cleaned)
        return self._exit

    async def kill(self) -> None:
        if not self._ended.done():
            await end_tree(self._child)
        self._reading.cancel()  # perhaps nobody takes what it has read
        await self.wait()

    async def _read_all(self) -> None:
        pumps = (self._pump(output, end) for output, end in self._ends.outputs.items())
        await asyncio.gather(*pumps)
        await self._pieces.put(None)

    async def _pump(self, output: Output, descriptor: int) -> None:
        async for data in chunks(descriptor, self._ended):
            await self._pieces.put((output, data))

    async def _clean_up(self) -> None:
        await asyncio.wait({self._ended})
        await asyncio.wait({self._reading})
        if self._reading.cancelled():
            self._end_reading()
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait({self._writing})
        kept = self._ends.kept if self._stdin_open else self._ends.kept - {self._ends.stdin}
        self._stdin_open = False
        for descriptor in kept:
            os.close(descriptor)
        self._child.close()
        self._exit = how(self._ended.result(), self._counters)
        await self._finished()

    def _end_reading(self) -> None:
        while not self._pieces.empty():
            self._pieces.get_nowait()
        self._pieces.put_nowait(None)
