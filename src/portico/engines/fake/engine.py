"""`FakeEngine`, which does the contract of engines/engine.py in memory.

The command `exit N` ends with that code at once; every other process runs until it is stopped or `end`
is called.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from portico.engines.engine import (
    Answers,
    Attached,
    Box,
    BoxEnd,
    Check,
    Endpoint,
    Exit,
    Instance,
    Launch,
    LineSink,
    Probe,
    Terminal,
)
from portico.engines.fake.commands import FakeAttached, exit_code
from portico.engines.limits import Capacity, Limits, OutOfMemory, Usage
from portico.errors import PorticoError

FIRST_PORT = 20_000
TERMINATED = 143


class FakeEngine:
    """Every process answers 200 as soon as it is asked. `calls` tells what was asked of it."""

    def __init__(self, running: Iterable[Instance] = ()) -> None:
        self.instances = {instance.handle: instance for instance in running}
        self.launches: list[Launch] = []
        self.boxes: list[Box] = []
        self.calls: list[tuple[str, str]] = []
        self.box_ends: dict[str, BoxEnd] = {}  # by step
        self.open_connections: dict[str, int] = {}  # by handle
        self.listening_ports: dict[str, tuple[int, ...]] = {}  # by handle
        self.used: dict[str, Usage] = {}  # by handle
        self._failures: dict[str, asyncio.Future[str]] = {}
        self._ends: dict[str, asyncio.Future[Exit]] = {}
        self._count = len(self.instances)

    # --- what a test makes happen -----------------------------------------------------------

    def end(
        self, handle: str, code: int | None = 0, out_of_memory: OutOfMemory | None = None
    ) -> None:
        """A process ends."""
        end = self._end_of(handle)
        if not end.done():
            end.set_result(Exit(code, out_of_memory))
        self.instances.pop(handle, None)

    def fail(self, handle: str, why: str = "it answered 500.") -> None:
        """A process that is being checked fails its check for good."""
        self._failures[handle].set_result(why)

    def handle_of(self, process: str) -> str:
        """The handle of the newest running process of that name."""
        return [h for h, found in self.instances.items() if found.process == process][-1]

    # --- the contract -----------------------------------------------------------------------

    @property
    def capacity(self) -> Capacity:
        """A machine that keeps all limits."""
        return Capacity(
            memory=16 << 30,
            cpus=4,
            enforced=frozenset({"memory", "cpu", "pids", "files"}),
            changeable=frozenset({"memory", "cpu", "pids"}),
        )

    async def adopt(self) -> list[Instance]:
        """Those it was made with, as if an agent before had started them."""
        return list(self.instances.values())

    async def start(self, launch: Launch) -> Instance:
        """Started at once."""
        self.launches.append(launch)
        self._count += 1
        handle = f"{launch.app_id}-{launch.process}-{self._count}"
        instance = Instance(
            handle=handle,
            app_id=launch.app_id,
            process=launch.process,
            release=launch.release,
            generation=launch.generation,
            started_at=time.time(),
            endpoint=Endpoint("127.0.0.1", FIRST_PORT + self._count) if launch.listens else None,
            pid=1_000_000 + self._count,
            limits=launch.limits,
        )
        self.calls.append(("start", handle))
        self.instances[handle] = instance
        code = exit_code(launch.command)
        if code is not None:
            self.end(handle, code)
        return instance

    async def wait(self, handle: str) -> Exit:
        """Until `end` or `stop`."""
        if handle not in self.instances and handle not in self._ends:
            return Exit(None)
        return await asyncio.shield(self._end_of(handle))

    async def probe(self, handle: str, probe: Probe) -> Answers:
        """200 for all, unless it has ended."""
        self.calls.append(("probe", handle))
        if handle not in self.instances:
            return Answers(error="the process has ended.")
        return Answers(dict.fromkeys(probe.paths, 200))

    async def failing(self, handle: str, check: Check) -> str:
        """When `fail` is called, or it ends."""
        self.calls.append(("check", f"{handle} {check.path}"))
        failure = self._failures.setdefault(handle, asyncio.get_running_loop().create_future())
        ended = asyncio.create_task(self._ended(handle))
        either: set[asyncio.Future[Any]] = {failure, ended}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        return failure.result() if failure.done() else ""

    async def _ended(self, handle: str) -> None:
        await self.wait(handle)

    async def mark_ready(self, handle: str) -> None:
        """Shown by the next `adopt`."""
        if handle in self.instances:
            self.instances[handle] = replace(self.instances[handle], ready=True)

    async def limit(self, handle: str, limits: Limits) -> None:
        """Shown by the next `adopt`."""
        self.calls.append(("limit", handle))
        if (found := self.instances.get(handle)) is not None:
            given = replace(limits, files=found.limits.files)
            self.instances[handle] = replace(found, limits=given)

    async def usage(self) -> dict[str, Usage]:
        """As set in `used`, else nothing that is counted."""
        return {handle: self.used.get(handle, Usage()) for handle in self.instances}

    async def stop(self, handle: str, grace: float) -> None:  # noqa: ARG002 - nobody is slow here
        """Ended at once, by SIGTERM."""
        self.calls.append(("stop", handle))
        if handle in self.instances:
            self.end(handle, TERMINATED)

    async def connections(self, handle: str) -> int:
        """As set in `open_connections`."""
        return self.open_connections.get(handle, 0)

    async def listening(self, handle: str) -> tuple[int, ...]:
        """As set in `listening_ports`, else its own port."""
        instance = self.instances.get(handle)
        own = (instance.endpoint.port,) if instance and instance.endpoint else ()
        return self.listening_ports.get(handle, own)

    async def run(self, launch: Launch, terminal: Terminal | None) -> Attached:  # noqa: ARG002 - the contract's
        """See `FakeAttached`."""
        self.launches.append(launch)
        return FakeAttached(launch.command)

    async def execute(
        self,
        handle: str,
        command: tuple[str, ...],
        terminal: Terminal | None,  # noqa: ARG002 - the contract's
    ) -> Attached:
        """See `FakeAttached`."""
        if handle not in self.instances:
            raise PorticoError(
                "There is no such process any more.",
                "It has ended, or is just ending.",
                "List the running ones with `portico ps`, then try again.",
                status=409,
            )
        return FakeAttached(" ".join(command))

    async def box(self, box: Box, log: LineSink) -> BoxEnd:
        """The end set for the step, else success without an answer."""
        self.boxes.append(box)
        log(f"Running {box.step}")
        return self.box_ends.get(box.step, BoxEnd(0, ""))

    async def log_sender(self, app_id: int) -> Attached:
        """See `FakeAttached`."""
        self.calls.append(("log_sender", str(app_id)))
        return FakeAttached("sending")

    async def remove_app(self, app_id: int) -> None:
        """Its processes end."""
        self.calls.append(("remove_app", str(app_id)))
        for instance in list(self.instances.values()):
            if instance.app_id == app_id:
                self.end(instance.handle, TERMINATED)

    def _end_of(self, handle: str) -> asyncio.Future[Exit]:
        if handle not in self._ends:
            self._ends[handle] = asyncio.get_running_loop().create_future()
        return self._ends[handle]
