"""Liveness checks, all by one sandboxed child: what a process answers is an author's to choose.

The child lives while there is something to check. It speaks up only when a process has failed, so
that checks cost the agent nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from portico.engines.engine import Check, Endpoint
from portico.engines.lines import LineSplitter
from portico.engines.local.checks.asking import launch_asking
from portico.engines.local.children.descriptors import closing
from portico.engines.local.children.ending import end
from portico.engines.local.children.streams import chunks, write_all
from portico.engines.local.machine import Machine
from portico.errors import PorticoError

PROGRAM = Path(__file__).with_name("check_program.py")
PAUSE = 1.0  # seconds before another child takes the place of one that has ended
LONGEST_REASON = 200

log = logging.getLogger(__name__)


class _Failure(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    failed: int
    why: str


class Checker:
    """The checks that somebody waits for, and the child that makes them."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._numbers = itertools.count(1)
        self._orders: dict[int, str] = {}
        self._failures: dict[int, asyncio.Future[str]] = {}
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._running: asyncio.Task[None] | None = None

    async def failing(self, endpoint: Endpoint, check: Check) -> str:
        """Why a process has failed its check, once it has; cancel to check it no more."""
        number = next(self._numbers)
        failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._orders[number], self._failures[number] = order(number, endpoint, check), failure
        self._lines.put_nowait(self._orders[number])
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="liveness checks")
        try:
            return await failure
        finally:
            del self._orders[number], self._failures[number]
            self._lines.put_nowait(json.dumps({"forget": number}))
            if not self._orders:
                self._running.cancel()
                self._running = None

    async def _run(self) -> None:
        """One child after another."""
        while True:
            try:
                await self._serve()
                log.warning("The child that makes liveness checks has ended; another one begins.")
            except (PorticoError, OSError) as error:
                log.warning("Liveness checks are not made: %s", error)
            await asyncio.sleep(PAUSE)

    async def _serve(self) -> None:
        """Until it ends: give it the orders, take what it says."""
        (reads, orders), (answers, writes) = os.pipe(), os.pipe()
        with closing(orders, answers):
            with closing(reads, writes):
                child = launch_asking(self._machine, PROGRAM, "checks", reads, writes)
            ended = asyncio.ensure_future(child.wait())
            self._lines = asyncio.Queue()
            for text in self._orders.values():
                self._lines.put_nowait(text)
            writing = asyncio.create_task(self._write(orders, self._lines))
            try:
                await self._hear(answers, ended)
            finally:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)
                await asyncio.shield(end(child, ended))

    async def _write(self, descriptor: int, lines: asyncio.Queue[str]) -> None:
        with suppress(BrokenPipeError):
            while True:
                await write_all(descriptor, f"{await lines.get()}\n".encode())

    async def _hear(self, descriptor: int, ended: asyncio.Future[int]) -> None:
        splitter = LineSplitter()
        async for piece in chunks(descriptor, ended):
            for line in splitter.feed(piece):
                self._take(line)

    def _take(self, line: str) -> None:
        """As far as it is an answer: an app may have taken the child over."""
        try:
            failure = _Failure.model_validate_json(line)
        except ValidationError:
            return
        waiting = self._failures.get(failure.failed)
        if waiting is not None and not waiting.done():
            waiting.set_result(failure.why[:LONGEST_REASON])


def order(number: int, endpoint: Endpoint, check: Check) -> str:
    asked = {**asdict(check), "headers": dict(check.headers)}
    return json.dumps({"check": number, **asdict(endpoint), **asked})
