"""Run by its path in a sandbox: asks running processes over HTTP again and again, many at once.

Reads lines from stdin: `{check, address, port, path, host, headers, wait, timeout, attempts,
initial_delay}` begins a check, `{forget}` ends one. Writes a line to stdout when a process has failed
so many times in a row: `{failed, why}`; then that check is over. Ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from typing import Any

LONGEST_STATUS_LINE = 1 << 12
SERVER_ERROR = 500


class NoAnswerError(Exception):
    """Why there was none, in words."""


class Checks:
    """The checks under way, a task for each."""

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def take(self, line: bytes) -> None:
        order = json.loads(line)
        if "forget" in order:
            self._forget(order["forget"])
        else:
            self._tasks[order["check"]] = asyncio.create_task(self._keep(order))

    def _forget(self, number: int) -> None:
        if task := self._tasks.pop(number, None):
            task.cancel()

    async def _keep(self, order: dict[str, Any]) -> None:
        """From a moment of its own on, so that many are not asked at once."""
        await asyncio.sleep(order["initial_delay"] + random.random() * order["wait"])  # noqa: S311 - spreads
        failures, why = 0, ""
        while failures < order["attempts"]:
            why = await complaint(order)
            failures = failures + 1 if why else 0
            if failures < order["attempts"]:
                await asyncio.sleep(order["wait"])
        self._tasks.pop(order["check"], None)
        print(json.dumps({"failed": order["check"], "why": why}), flush=True)


async def complaint(order: dict[str, Any]) -> str:
    """What is wrong with one answer; '' when nothing is."""
    try:
        async with asyncio.timeout(order["timeout"]):
            status = await _status(order)
    except TimeoutError:
        return f"it gave no answer within {order['timeout']:g} s."
    except NoAnswerError as reason:
        return str(reason)
    except OSError as error:
        # Of several addresses' errors asyncio makes one text; of one, the system's own is enough.
        return f"{os.strerror(error.errno) if error.errno else error}."
    return f"it answered {status}." if status >= SERVER_ERROR else ""


async def _status(order: dict[str, Any]) -> int:
    reader, writer = await asyncio.open_connection(
        order["address"], order["port"], limit=LONGEST_STATUS_LINE
    )
    try:
        writer.write(request(order))
        return parse_status(await reader.readline())
    except ValueError as error:  # longer than the limit
        raise NoAnswerError("its answer is not HTTP.") from error
    finally:
        writer.close()


def request(order: dict[str, Any]) -> bytes:
    lines = {"Host": order["host"], "User-Agent": "portico", "Accept": "*/*", **order["headers"]}
    lines["Connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {order['path']} HTTP/1.1\r\n{head}\r\n".encode()


def parse_status(line: bytes) -> int:
    words = line.split(None, 2)
    if not line:
        raise NoAnswerError("it closed the connection without an answer.")
    if not line.startswith(b"HTTP/") or len(words) < 2 or not words[1].isdigit():
        raise NoAnswerError("its answer is not HTTP.")
    return int(words[1])


async def main() -> None:
    """Take orders until there is nobody left to give them."""
    checks, reader = Checks(), asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        checks.take(line)


if __name__ == "__main__":
    asyncio.run(main())
