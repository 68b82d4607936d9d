"""Log lines from the agent, over as many of its connections as it takes."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
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
    seen = Seen()
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
            before = Seen(dict(seen.newest))
            async for entry in _messages(agent):
                if entry.get("end"):
                    return
                if "problem" in entry:
                    raise PorticoError(**entry["problem"])
                if not before.knows(entry):
                    seen.add(entry)
                    yield entry
        order = _retold(order)
        patient = patient or order.follow


@dataclass
class Seen:
    """Per process the time of the newest line, and how many lines bore that very time.

    What a process writes at once bears one time, so the time alone does not tell lines apart.
    """

    newest: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, line: Entry) -> None:
        time, count = self.newest.get(line.get("process", ""), ("", 0))
        self.newest[line.get("process", "")] = (
            line["time"],
            count + 1 if time == line["time"] else 1,
        )

    def knows(self, line: Entry) -> bool:
        """Whether a line that is told again was seen. Each of the newest time counts once."""
        time, count = self.newest.get(line.get("process", ""), ("", 0))
        if line["time"] == time and count:
            self.newest[line.get("process", "")] = (time, count - 1)
            return True
        return bool(line["time"] < time)


def _retold(order: wire.Session) -> wire.Session:
    return order if order.deploy else order.model_copy(update={"lines": max(order.lines, RETOLD)})


async def _messages(agent: End) -> AsyncIterator[Entry]:
    """The agent's text frames until its connection breaks."""
    while (message := await agent.receive())["type"] == "websocket.receive":
        if text := message.get("text"):
            yield json.loads(text)
