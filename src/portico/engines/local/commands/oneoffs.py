"""Commands that somebody holds: beside an app's processes, and inside one of them."""

from __future__ import annotations

import asyncio
import secrets

from portico.engines.engine import Launch, Terminal
from portico.engines.local.cgroups.group import Group
from portico.engines.local.children.spawn import Child, Streams
from portico.engines.local.commands.attached import LocalAttached, handing_over, open_ends
from portico.engines.local.commands.entering import enter
from portico.engines.local.disk.folders import remove
from portico.engines.local.machine import Machine
from portico.engines.local.network.place import Place
from portico.engines.local.process_table.pids import Pid
from portico.engines.local.processes.records import Record
from portico.engines.local.sandboxes.launch import launch_sandbox
from portico.engines.local.sandboxes.texts import texts
from portico.engines.sandbox import Sandbox


def run(
    machine: Machine,
    order: Launch,
    handle: str,
    terminal: Terminal | None,
    network: Place,
    group: Group,
) -> LocalAttached:
    """A one-off in a sandbox of its own, with a throw-away layer of its own."""
    layer = machine.layers(order.app_id) / handle
    ends = open_ends(terminal, machine.users.app(order.app_id))
    with handing_over(ends) as streams:
        child = _launch(machine, order, handle, terminal, streams, network, group)

    async def finished() -> None:
        await group.remove()
        await asyncio.to_thread(remove, layer)

    return LocalAttached(child, ends, finished, group.counters)


def _launch(
    machine: Machine,
    order: Launch,
    handle: str,
    terminal: Terminal | None,
    streams: Streams,
    network: Place,
    group: Group,
) -> Child:
    user = machine.users.app(order.app_id)
    layer = machine.make_layer(order.app_id, handle)
    environment = {**network.variables_of(order.environment), **terminal_variables(terminal)}
    standing, packages = machine.standing(order.base, user), machine.packages(order)
    with (
        standing as place,
        texts(
            place.user, order.app_name, environment, packages, resolver=network.resolver
        ) as files,
    ):
        sandbox = Sandbox(
            mounts=machine.app_mounts(order, layer, files),
            command=("/bin/sh", "-c", order.command),
            user=place.user,
            namespace=place.namespace,
            hostname=order.app_name,
            has_terminal=terminal is not None,
            **machine.weaker(order.limits),
        )
        name = machine.marker(handle)
        launcher = machine.host.launcher
        return launch_sandbox(launcher, name, sandbox, streams, files, group, network.namespace)


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
