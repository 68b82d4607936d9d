"""One running process of an app, started here or by an agent before this one."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from portico.engines.engine import Exit
from portico.engines.limits import Limits, Usage
from portico.engines.local.cgroups.group import Group
from portico.engines.local.process_table.pids import Held, Pid, children, commands
from portico.engines.local.process_table.usage import used_by
from portico.engines.local.processes.endings import how
from portico.engines.local.processes.records import Folder, Pids, Record
from portico.errors import PorticoError


class Outputs(Protocol):
    """Where the output of processes goes: the agent's logs."""

    def drain(self, app_id: int, process: str, pipe: int) -> Awaitable[None]:
        """Take over the reading end of a pipe; done when its writers are gone and all is kept."""


Reap = Callable[[], Awaitable[object]]
Result = TypeVar("Result")


async def nothing() -> None:
    """Reaping is its parent's, when that is not this process."""


class Process:
    """Watches a process to its end. `finished` is called once nothing of it is left."""

    def __init__(
        self,
        record: Record,
        folder: Folder,
        launcher: Held,
        drained: Awaitable[None],
        finished: Callable[[Process, Exit], Awaitable[None]],
        group: Group,
        reap: Reap = nothing,
    ) -> None:
        self.record = record
        self._group = group
        self.folder = folder
        self._launcher = launcher
        self._drained = drained
        self._finished = finished
        self._reap = reap
        self._init = _held(record.pids.init) if record.pids else None
        self.ended = asyncio.create_task(self._end(), name=f"end of {record.handle}")

    def mark_ready(self) -> None:
        self._note(ready=True)

    def limit(self, limits: Limits) -> None:
        """Raises PorticoError when it uses more than that already."""
        try:
            self._group.change(self.record.limits, limits)
        except OSError as error:
            raise not_limited(self.record, error) from error
        self._note(limits=replace(limits, files=self.record.limits.files))

    def usage(self) -> Usage:
        """As the kernel counts it for its group; where there is none, as its processes show it."""
        counters = self._group.counters
        if self.record.pids is not None and counters.memory is None:
            return used_by(self.record.pids.init.pid)
        return Usage(
            cpu_seconds=counters.cpu_seconds,
            memory=counters.memory,
            processes=counters.processes,
            killed=counters.killed,
            refused=counters.refused,
        )

    def _note(self, **known: object) -> None:
        self.record = self.record.model_copy(update=known)
        if not self.ended.done():
            self.folder.write(self.record)

    async def _end(self) -> Exit:
        await self._launcher.ended()
        await self._reap()
        await self._end_namespace()
        await self._await_output()
        end = how(self.folder.exit_code(), self._group.counters)
        await self._finished(self, end)
        # Last: until then `stop` may find that its patience is over, and signal them.
        self._launcher.close()
        if self._init is not None:
            self._init.close()
        return end

    async def _await_output(self) -> None:
        """A log that fails must not keep the process from having ended."""
        try:
            await self._drained
        except OSError:
            logging.getLogger(__name__).exception(
                "The output of %s was cut off", self.record.handle
            )

    async def _end_namespace(self) -> None:
        """The launcher ends with its command; what the command left behind goes with pid 1."""
        if self._init is None:
            return
        self._init.signal(signal.SIGKILL)
        await self._init.ended()

    async def unless_ended(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Its result; None, and it is cancelled, when this process ends before."""
        task = asyncio.create_task(work)
        either: set[asyncio.Future[Any]] = {task, self.ended}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def stop(self, grace: float) -> None:
        self.ask_to_end()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await asyncio.shield(self.ended)
                return
        if self._init is not None and not self.ended.done():
            self._init.signal(signal.SIGKILL)
        await asyncio.shield(self.ended)

    def ask_to_end(self) -> None:
        """SIGTERM to the command. The launcher and its pid 1 would die of it, or ignore it."""
        pids = self.record.pids
        if pids is None or not pids.command.alive:
            return
        for pid in commands(pids.command.pid):
            with suppress(ProcessLookupError):
                held = Held.of(pid)
                held.signal(signal.SIGTERM)
                held.close()


def _held(pid: Pid) -> Held | None:
    """None when it has ended already."""
    try:
        return Held(pid)
    except ProcessLookupError:
        return None


def not_limited(record: Record, error: OSError) -> PorticoError:
    return PorticoError(
        f"{record.process} could not be given its new limits.",
        f"The server said: {error.strerror or error}. It may use more memory than that already.",
        "They count when it starts the next time: restart the app.",
        status=409,
    )


def find_pids(launcher: Held, folder: Folder) -> Pids | None:
    """Who is who in a sandbox that has just announced itself; None when it has ended already."""
    number = folder.init_pid()
    if number is None:
        return None
    try:
        init = Pid.of(number)
    except ProcessLookupError:
        return None
    return Pids(launcher=launcher.pid, init=init, command=_command(number) or init)


def _command(init: int) -> Pid | None:
    """None when it has ended already. What it left behind may live on, and goes with pid 1."""
    try:
        return Pid.of(children(init)[0])
    except (ProcessLookupError, IndexError):
        return None
