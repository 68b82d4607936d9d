"""The commands of a fake engine: all that it understands is `exit N`."""

from __future__ import annotations

import asyncio

from portico.engines.engine import Exit, Output


def exit_code(command: str) -> int | None:
    """The code of the command `exit N`, None for any other."""
    words = command.split()
    return int(words[1]) if words[:1] == ["exit"] and len(words) == 2 else None


class FakeAttached:
    """A command that says its own name on stdout, then what it is told, and ends with stdin.

    `exit N` says nothing and ends with N.
    """

    def __init__(self, command: str) -> None:
        self.sizes: list[tuple[int, int]] = []
        self._code = exit_code(command)
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        if self._code is None:
            self._pieces.put_nowait(f"{command}\n".encode())
        else:
            self._finish(self._code)

    async def read(self) -> tuple[Output, bytes] | None:
        """What it has said since."""
        piece = await self._pieces.get()
        if piece:
            return Output.STDOUT, piece
        self._pieces.put_nowait(b"")
        return None

    async def write(self, data: bytes) -> None:
        """Said again; nothing ends it."""
        if self._ended.done():
            return
        if data:
            self._pieces.put_nowait(data)
        else:
            self._finish(0)

    def resize(self, rows: int, columns: int) -> None:
        """Kept in `sizes`."""
        self.sizes.append((rows, columns))

    async def wait(self) -> Exit:
        """How it ended."""
        return await asyncio.shield(self._ended)

    async def kill(self) -> None:
        """Ends it."""
        if not self._ended.done():
            self._finish(137)

    def _finish(self, code: int) -> None:
        self._ended.set_result(Exit(code))
        self._pieces.put_nowait(b"")
