"""Starting a process that outlives the agent."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial

from portico.engines.engine import Launch
from portico.engines.local.children.descriptors import closing
from portico.engines.local.children.ending import end_tree
from portico.engines.local.children.spawn import Child, Streams
from portico.engines.local.machine import Machine, read_up_to
from portico.engines.local.network.place import Place
from portico.engines.local.process_table.pids import boot_id
from portico.engines.local.processes.launching import Given, launch
from portico.engines.local.processes.output import make_output, open_output
from portico.engines.local.processes.process import find_pids
from portico.engines.local.processes.records import Folder, Record
from portico.engines.local.sandboxes.launch import announced
from portico.engines.sandbox import Sandbox
from portico.errors import PorticoError


@dataclass(frozen=True)
class Started:
    """A launched process: its completed record, its launcher, the reading end of its output."""

    record: Record
    child: Child
    output: int


def new_record(machine: Machine, order: Launch, handle: str, network: Place) -> Record:
    return Record(
        boot=boot_id(),
        handle=handle,
        app_id=order.app_id,
        process=order.process,
        release=order.release,
        generation=order.generation,
        started_at=time.time(),
        user=machine.users.app(order.app_id),
        endpoint=network.endpoint,
        limits=order.limits,
    )


async def start(
    machine: Machine, order: Launch, record: Record, folder: Folder, given: Given
) -> Started:
    """Launch, and return when the command is about to run. Removes nothing when it fails."""
    folder.path.mkdir(parents=True, mode=0o700)
    folder.write(record)
    output, status = make_output(folder.output, record.user), folder.open_exit()
    hears, says = os.pipe()
    with closing(output, status, hears):
        with closing(says):
            streams = Streams(stdin=says, stdout=output, stderr=output)
            sandbox = partial(Sandbox, ends_with_parent=False, announces=True, status=status)
            variables = given.network.variables_of(order.environment)
            child = launch(machine, order, given, variables, streams, sandbox)
        await _announced(child, hears, order, output)
        try:
            completed = record.model_copy(update={"pids": find_pids(child.held, folder)})
            folder.write(completed)
            return Started(completed, child, open_output(folder.output))
        except BaseException:  # nobody would know of it
            await _end(child)
            raise


async def _announced(child: Child, hears: int, order: Launch, output: int) -> None:
    try:
        stands = await announced(hears)
    except BaseException as error:
        await _end(child)
        if isinstance(error, TimeoutError):
            raise not_made(order, "it did not begin in time.") from error
        raise
    if not stands:
        await child.wait()
        child.close()
        raise not_made(order, read_up_to(output, 4096))


async def _end(child: Child) -> None:
    await end_tree(child)
    await child.wait()
    child.close()


def not_made(order: Launch, said: str) -> PorticoError:
    return PorticoError(
        f"{order.process} of {order.app_name} could not be started.",
        f"Its sandbox could not be made: {said.strip() or 'the launcher ended without a word.'}",
        "Run `portico server doctor` on the server; it says what the machine lacks for sandboxes.",
        status=500,
    )
