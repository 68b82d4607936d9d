"""How web leaves so that no request is lost: the next one has the listening sockets already.

A connection that the router keeps may be closed in the moment in which it is used again, and such a
request cannot be repeated. So it is the answer that says that its connection ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import uvicorn

from portico.control.bell import bell
from portico.control.streams.exchange import Application, Message, Receive, Scope, Send

# The router itself closes a connection that it has not used for a second.
LAST_USE = 1.5
PAUSE = 0.02


class Leaving:
    """Tells applications and servers that web is about to end."""

    def __init__(self) -> None:
        self._begun = False

    def closing(self, application: Application) -> Application:
        """The application; once web leaves, each answer of it closes its connection."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            async def answer(message: Message) -> None:
                if self._begun and message["type"] == "http.response.start":
                    headers = [*message.get("headers", ()), (b"connection", b"close")]
                    message = {**message, "headers": headers}
                await send(message)

            await application(scope, receive, answer if scope["type"] == "http" else send)

        return serve

    async def leave(self, servers: Sequence[uvicorn.Server]) -> None:
        """Accept nothing more, answer what comes on connections that are there, then end."""
        self._begun = True
        bell.close()
        for server in servers:
            for listening in getattr(server, "servers", ()):  # none before its start
                listening.close()
        await self._last_uses(servers)
        for server in servers:
            server.should_exit = True

    async def _last_uses(self, servers: Sequence[uvicorn.Server]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LAST_USE
        while any(it.server_state.connections for it in servers) and loop.time() < deadline:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(PAUSE)
