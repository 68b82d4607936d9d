"""`LocalEngine`: the contract of engines/engine.py on this machine.

All of it runs in the event loop's thread: what ends with its parent ends with that thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from portico.engines.engine import (
    Answers,
    Attached,
    Box,
    BoxEnd,
    Check,
    Exit,
    Instance,
    Launch,
    LineSink,
    Probe,
    Terminal,
)
from portico.engines.limits import Capacity, Limits, Usage
from portico.engines.local.builds import boxes
from portico.engines.local.cgroups.groups import Groups
from portico.engines.local.cgroups.server import server_groups
from portico.engines.local.checks import probing
from portico.engines.local.checks.checking import Checker
from portico.engines.local.commands import oneoffs
from portico.engines.local.commands.entering import ended as ended_error
from portico.engines.local.disk.folders import remove, remove_or_warn
from portico.engines.local.disk.threads import to_the_end
from portico.engines.local.egress import log_sender
from portico.engines.local.host.survey import survey
from portico.engines.local.machine import Machine, explaining
from portico.engines.local.network.choice import choose
from portico.engines.local.network.place import Place
from portico.engines.local.network.shared import is_shared
from portico.engines.local.process_table import sockets
from portico.engines.local.process_table.pids import Held, descendants, end_all
from portico.engines.local.processes import adoption
from portico.engines.local.processes.launching import Given
from portico.engines.local.processes.output import open_output
from portico.engines.local.processes.process import Outputs, Process, Reap, nothing
from portico.engines.local.processes.records import Folder, Record, folders, new_handle
from portico.engines.local.processes.starting import new_record, start
from portico.errors import PorticoError
from portico.layout import Layout, users
from portico.settings import Settings

EXITS_KEPT = 10_000  # of processes that have ended, for those who ask late


class LocalEngine:
    """Processes in sandboxes; those that were started survive this object and its process."""

    def __init__(self, layout: Layout, settings: Settings, logs: Outputs) -> None:
        groups = server_groups(layout.runtime.name)
        self._machine = Machine(layout, users(), survey(layout.data), settings, groups)
        self._logs = logs
        self._networks = choose(layout, self._machine.users, settings)
        self._checker = Checker(self._machine)
        self._processes: dict[str, Process] = {}
        self._exits: OrderedDict[str, Exit] = OrderedDict()

    @property
    def notice(self) -> str:
        """What the operator should know when the server starts, if anything."""
        return self._networks.notice

    @property
    def capacity(self) -> Capacity:
        """See the contract."""
        return self._machine.groups.capacity

    # --- processes that outlive the agent ---------------------------------------------------

    async def adopt(self) -> list[Instance]:
        """See the contract."""
        found = folders(self._machine.layout.processes)
        verdict = adoption.survey(found, self._machine.server)
        for folder, record in verdict.adopted:
            self._adopt(folder, record)
        await end_all(verdict.orphans)
        kept = frozenset(self._processes)
        await self._machine.groups.tidy(kept)
        for folder in verdict.abandoned:
            folder.remove()
        await self._networks.tidy(kept)
        await asyncio.to_thread(self._remove_layers, kept)
        return [process.record.instance for process in self._processes.values()]

    def _adopt(self, folder: Folder, record: Record) -> None:
        if record.pids is None or record.handle in self._processes:
            return
        try:
            launcher = Held(record.pids.launcher)
        except ProcessLookupError:  # it has ended within this moment
            folder.remove()
            return
        self._networks.keep(record.endpoint)
        self._keep(record, folder, launcher, open_output(folder.output))

    def _remove_layers(self, in_use: frozenset[str]) -> None:
        """What processes and builds of before have left behind; the next agent tries again."""
        for layer in self._machine.layout.apps.glob("*/layers/*"):
            if layer.name not in in_use:
                remove_or_warn(layer)

    async def start(self, launch: Launch) -> Instance:
        """See the contract."""
        self._machine.check(launch)
        async with self._place(launch) as (handle, place):
            record = new_record(self._machine, launch, handle, place)
            folder = Folder(self._machine.layout.processes / handle)
            try:
                await to_the_end(self._machine.take_over, launch)
                group = self._groups(record).make(handle, launch.limits)
                started = await start(
                    self._machine, launch, record, folder, Given(handle, place, group)
                )
            except BaseException:
                await asyncio.shield(self._forget(record, folder))
                raise
        process = self._keep(
            started.record, folder, started.child.held, started.output, started.child.wait
        )
        return process.record.instance

    @asynccontextmanager
    async def _place(self, launch: Launch) -> AsyncIterator[tuple[str, Place]]:
        """A handle and a place in the network, for a launch."""
        handle = new_handle(launch)
        with explaining(f"{launch.process} of {launch.app_name} could not be started."):
            place = await self._networks.take(handle, listens=launch.listens)
            try:
                yield handle, place
            finally:
                place.close()

    def _keep(
        self, record: Record, folder: Folder, launcher: Held, output: int, reap: Reap = nothing
    ) -> Process:
        drained = self._logs.drain(record.app_id, record.process, output)
        group = self._groups(record).found(record.handle)
        process = Process(record, folder, launcher, drained, self._finished, group, reap)
        self._processes[record.handle] = process
        return process

    async def _finished(self, process: Process, end: Exit) -> None:
        handle = process.record.handle
        self._exits[handle] = end
        while len(self._exits) > EXITS_KEPT:
            self._exits.popitem(last=False)
        await self._forget(process.record, process.folder)
        self._processes.pop(handle, None)

    async def _forget(self, record: Record, folder: Folder) -> None:
        self._networks.release(record.endpoint)
        await self._groups(record).found(record.handle).remove()
        folder.remove()
        layer = self._machine.layers(record.app_id) / record.handle
        await asyncio.to_thread(remove_or_warn, layer)

    async def wait(self, handle: str) -> Exit:
        """See the contract."""
        process = self._processes.get(handle)
        if process is not None:
            return await asyncio.shield(process.ended)
        return self._exits.get(handle, Exit(None))

    async def stop(self, handle: str, grace: float) -> None:
        """See the contract."""
        process = self._processes.get(handle)
        if process is not None:
            await process.stop(grace)

    async def limit(self, handle: str, limits: Limits) -> None:
        """See the contract."""
        process = self._processes.get(handle)
        if process is not None:
            process.limit(limits)

    async def usage(self) -> dict[str, Usage]:
        """See the contract."""
        running = [process for process in self._processes.values() if not process.ended.done()]
        return await asyncio.to_thread(lambda: {p.record.handle: p.usage() for p in running})

    def _groups(self, record: Record) -> Groups:
        return self._machine.groups.of_app(record.app_id)

    async def mark_ready(self, handle: str) -> None:
        """See the contract."""
        process = self._processes.get(handle)
        if process is not None:
            process.mark_ready()

    # --- what can be seen of them -----------------------------------------------------------

    async def probe(self, handle: str, probe: Probe) -> Answers:
        """See the contract."""
        process = self._processes.get(handle)
        endpoint = process.record.endpoint if process else None
        if process is None or endpoint is None:
            return Answers(error="the process has ended.")
        answers = await process.unless_ended(probing.ask(self._machine, endpoint, probe))
        if answers is None:
            return Answers(error="the process has ended.")
        # Where all share the machine's network, another app may have been first at the port.
        answered = is_shared(endpoint) and answers.statuses
        if answered and endpoint.port not in await self.listening(handle):
            return Answers(error="another process listens on its port.")
        return answers

    async def failing(self, handle: str, check: Check) -> str:
        """See the contract."""
        process = self._processes.get(handle)
        endpoint = process.record.endpoint if process else None
        if process is None or endpoint is None:
            return ""
        why = await process.unless_ended(self._checker.failing(endpoint, check))
        return "" if why is None or process.ended.done() else why

    async def connections(self, handle: str) -> int:
        """See the contract."""
        record = self._live_record(handle)
        if record is None or record.endpoint is None or record.pids is None:
            return 0
        seen = sockets.tcp_sockets(record.pids.init.pid)
        return sockets.connections(seen, record.endpoint.port)

    async def listening(self, handle: str) -> tuple[int, ...]:
        """See the contract."""
        record = self._live_record(handle)
        if record is None or record.pids is None:
            return ()
        init = record.pids.init.pid
        held = sockets.socket_inodes(descendants(init))
        return sockets.listening(sockets.tcp_sockets(init), held)

    def _live_record(self, handle: str) -> Record | None:
        process = self._processes.get(handle)
        return None if process is None or process.ended.done() else process.record

    # --- commands and build steps, which end with the agent ---------------------------------

    async def run(self, launch: Launch, terminal: Terminal | None) -> Attached:
        """See the contract."""
        self._machine.check(launch)
        async with self._place(launch) as (handle, place):
            await to_the_end(self._machine.take_over, launch)
            group = self._machine.groups.of_app(launch.app_id).make(handle, launch.limits)
            try:
                return oneoffs.run(self._machine, launch, Given(handle, place, group), terminal)
            except BaseException:
                await asyncio.shield(group.remove())
                raise

    async def execute(
        self, handle: str, command: tuple[str, ...], terminal: Terminal | None
    ) -> Attached:
        """See the contract."""
        record = self._live_record(handle)
        if record is None or record.pids is None:
            raise ended_error()
        with explaining(f"The command could not be started in {record.process}."):
            return oneoffs.execute(self._machine, record, record.pids.init, command, terminal)

    async def box(self, box: Box, log: LineSink) -> BoxEnd:
        """See the contract."""
        with explaining(f"The build step {box.step} of {box.app_name} could not be carried out."):
            return await boxes.run_box(self._machine, box, log)

    async def log_sender(self, app_id: int) -> Attached:
        """See the contract."""
        with explaining("The sender of logs could not be started."):
            return await log_sender.start(self._machine, app_id)

    async def remove_app(self, app_id: int) -> None:
        """See the contract."""
        handles = [h for h, p in self._processes.items() if p.record.app_id == app_id]
        await asyncio.gather(*(self.stop(handle, 0) for handle in handles))
        await asyncio.to_thread(remove, self._machine.layout.app(app_id))

    async def give_back(self) -> None:
        """Nothing runs any more: leave the machine as it was, and all files to the server's user."""
        await self._networks.close()
        if self._machine.users.subordinate is None:
            return
        try:
            await asyncio.to_thread(self._machine.give_back)
        except PorticoError as error:
            logging.getLogger(__name__).warning("%s", error)
