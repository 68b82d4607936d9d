"""Portico's own programs that reach the network: sandboxes that show the machine's resolver and
certificates, no file of anybody's, and stand in the machine's network. Which addresses they go to they
judge themselves (`build_proxy.destinations`).
"""

from __future__ import annotations

from dataclasses import dataclass

from portico.build_proxy.order import ORDER, ProxyOrder, encode
from portico.engines.local.cgroups.group import Group
from portico.engines.local.children.spawn import Child, Streams
from portico.engines.local.machine import Machine
from portico.engines.local.mounts.host import operator_mounts
from portico.engines.local.mounts.parts import parts_mounts
from portico.engines.local.sandboxes.launch import launch_sandbox
from portico.engines.local.sandboxes.texts import texts
from portico.engines.sandbox import Sandbox
from portico.mirrors import OPERATOR_FILES, Mirrors


@dataclass(frozen=True)
class Program:
    """`module` has a `main`; `parts` of this package are all that it and the standard library are."""

    module: str
    parts: tuple[str, ...]
    call: str = "main()"

    @property
    def entry(self) -> str:
        return (
            "import asyncio, sys; sys.path.insert(0, '/portico'); "
            f"from {self.module} import main; {self.call}"
        )


def launch(
    machine: Machine,
    program: Program,
    order: ProxyOrder,
    name: str,
    user: int | None,
    streams: Streams,
    group: Group,
) -> Child:
    """`order` says which private addresses it may reach."""
    variables = machine.mirrors.variables
    files = {name: variables[name] for name in OPERATOR_FILES if name in variables}
    environment = {**files, ORDER: encode(order)}
    opened = texts(user, "localhost", environment, certificates=machine.certificates())
    with opened as given:
        sandbox = Sandbox(
            mounts=(
                *machine.mounts(given),
                *operator_mounts(Mirrors(files)),
                *machine.host.python_mounts,
                *parts_mounts(machine.host, program.parts),
            ),
            command=(*machine.host.interpreter, "-c", program.entry),
            user=user,
            hostname="localhost",
            directory="/",
        )
        marker = machine.marker(name)
        return launch_sandbox(machine.host.launcher, marker, sandbox, streams, given, group)
