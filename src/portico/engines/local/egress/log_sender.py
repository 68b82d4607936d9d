"""The program that sends an app's log to its drains."""

from __future__ import annotations

import asyncio
import secrets

from portico.build_proxy.order import ProxyOrder
from portico.engines.limits import Limits
from portico.engines.local.commands.attached import LocalAttached, handing_over, open_ends
from portico.engines.local.egress.programs import Program, launch
from portico.engines.local.machine import Machine
from portico.mirrors import host

PROGRAM = Program(
    "portico.log_drains.__main__",
    ("__init__.py", "errors.py", "public_addresses.py", "relaying.py", "build_proxy", "log_drains"),
    "asyncio.run(main())",
)
LIMITS = Limits(memory=128 << 20, pids=32)


async def start(machine: Machine, app_id: int) -> LocalAttached:
    """As the app's user, which reaches no other app's processes where there are rules for them."""
    handle = f"{app_id}-logs-{secrets.token_hex(6)}"
    user = machine.users.app(app_id)
    named = (host(f"tcp://{pair}") for pair in machine.settings.drains_reach)
    order = ProxyOrder(frozenset(filter(None, named)))
    group = machine.groups.of_app(app_id).make(handle, LIMITS)
    try:
        ends = open_ends(None, user)
        with handing_over(ends) as streams:
            child = launch(machine, PROGRAM, order, handle, user, streams, group)
    except BaseException:
        await asyncio.shield(group.remove())
        raise
    return LocalAttached(child, ends, group.remove, group.counters)
