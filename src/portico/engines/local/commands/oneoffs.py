"""Commands that somebody holds: beside an app's processes, and inside one of them."""

from __future__ import annotations

import asyncio
import secrets
from functools import partial

from portico.engines.engine import Launch, Terminal
from portico.engines.local.commands.attached import LocalAttached, handing_over, open_ends
from portico.engines.local.commands.entering import enter
from portico.engines.local.disk.folders import remove
from portico.engines.local.machine import Machine
from portico.engines.local.process_table.pids import Pid
from portico.engines.local.processes.launching import Given, launch
from portico.engines.local.processes.records import Record
from portico.engines.sandbox import Sandbox


def run(machine: Machine, order: Launch, given: Given, terminal: Terminal | None) -> LocalAttached:
    """A one-off in a sandbox of its own."""
    variables = {**given.network.variables_of(order.environment), **terminal_variables(terminal)}
    sandbox = partial(Sandbox, has_terminal=terminal is not None)
    ends = open_ends(terminal, machine.users.app(order.app_id))
    with handing_over(ends) as streams:
        child = launch(machine, order, given, variables, streams, sandbox)
    layer = machine.layers(order.app_id) / given.handle

    async def finished() -> None:
        await given.group.remove()
        await asyncio.to_thread(remove, layer)

    return LocalAttached(child, ends, finished, given.group.counters)


def terminal_variables(terminal: Terminal | None) -> dict[str, str]:
    return {"TERM": terminal.term} if terminal else {}


def execute(
    machine: Machine, record: Record, init: Pid, command: tuple[str, ...], terminal: Terminal | None
) -> LocalAttached:
    """A command in a running sandbox; the variables are those of its process."""
    given = (f"{name}={value}" for name, value in terminal_variables(terminal).items())
    sandbox = Sandbox(
        mounts=(),
        command=("/usr/bin/env", *given, *command),
        user=record.user,
        hostname="",
        has_terminal=terminal is not None,
        **machine.weaker(record.limits),
    )
    name = machine.marker(f"exec-{secrets.token_hex(6)}")
    ends = open_ends(terminal, record.user)
    group = machine.groups.of_app(record.app_id).found(record.handle)
    with handing_over(ends) as streams:
        child = enter(machine.host, name, init, sandbox, streams, group)

    async def finished() -> None:
        """Nothing was made for it."""

    return LocalAttached(child, ends, finished)
