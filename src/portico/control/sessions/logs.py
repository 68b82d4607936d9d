"""Log lines from the agent, over as many of its connections as it takes."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from portico import wire
from portico.control.bell import bell
from portico.control.sessions.broker import End, broker, new_id
from portico.errors import PorticoError

RETOLD = 1000  # lines asked for again after a broken connection
Entry = dict[str, Any]


async def log_entries(
    app_id: int, order: wire.Session, *, patient: bool
) -> AsyncGenerator[Entry | None, None]:
    """`{time, process, line}`; None each time the agent has connected or was waited for in vain.

    `order` says what to read; each connection is a session of its own. Ends when the log does, or
    when web is about to end. Not `patient`: an agent that does not connect is a PorticoError.
    """
    seen: dict[str, str] = {}
    while not bell.closing:
        session = order.model_copy(update={"id": new_id()})
        async with broker.offered(app_id, session) as offer:
            try:
                agent = await offer.agent()
            except PorticoError:
                if not patient:
                    raise
                yield None
                continue
            yield None
            before = dict(seen)
            async for entry in _messages(agent):
                if entry.get("end"):
                    return
                if "problem" in entry:
                    raise PorticoError(**entry["problem"])
                if entry["time"] > before.get(entry.get("process", ""), ""):
                    seen[entry.get("process", "")] = entry["time"]
                    yield entry
        order = _retold(order)
        patient = patient or order.follow


def _retold(order: wire.Session) -> wire.Session:
    return order if order.deploy else order.model_copy(update={"lines": max(order.lines, RETOLD)})


async def _messages(agent: End) -> AsyncIterator[Entry]:
    """The agent's text frames until its connection breaks."""
    while (message := await agent.receive())["type"] == "websocket.receive":
        if text := message.get("text"):
            yield json.loads(text)
