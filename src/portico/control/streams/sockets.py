"""The client's web socket of `run` and `exec`, joined with the agent's."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from portico.control import callers
from portico.control.access.deciding import Verb
from portico.control.sessions.broker import End, broker
from portico.control.streams.exchange import Request, Send
from portico.control.threads import in_database
from portico.errors import PorticoError
from portico.wire import Problem


async def client_session(request: Request, send: Send, app: str, session: str) -> None:
    """WebSocket /apps/{app}/sessions/{id}."""
    token = callers.bearer(request.headers.get("authorization", ""))
    caller = await in_database(callers.by_token, token)
    app_id = (await in_database(caller.app, app, Verb.ENTER)).pk
    booked = broker.claim(app_id, session)
    if booked is None:
        raise _no_session()
    await request.receive()
    await send({"type": "websocket.accept"})
    client = End(request.receive, send)
    async with broker.offered(app_id, booked) as offer:
        try:
            await join(client, await offer.agent())
        except PorticoError as error:
            await _say(client, error)
    with suppress(OSError):
        await send({"type": "websocket.close", "code": 1000})


async def agent_session(request: Request, send: Send, session: str) -> None:
    """WebSocket /sessions/{id} on the agent's socket."""
    offer = broker.find(session)
    end = End(request.receive, send)
    if offer is None or not offer.take(end):
        raise _no_session()
    await request.receive()
    await send({"type": "websocket.accept"})
    await end.over.wait()
    with suppress(OSError):
        await send({"type": "websocket.close", "code": 1000})


async def join(client: End, agent: End) -> None:
    """Carry frames both ways until one end closes. A slow reader slows the other end's writer."""
    last_words = asyncio.Event()
    up = asyncio.create_task(_carry(client, agent, asyncio.Event()))
    down = asyncio.create_task(_carry(agent, client, last_words))
    try:
        await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)
    if not last_words.is_set():
        raise _broken()


async def _carry(source: End, to: End, last_words: asyncio.Event) -> None:
    with suppress(OSError):
        while (message := await source.receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is not None and json.loads(text).keys() & {"exit", "problem"}:
                last_words.set()
            await to.send({"type": "websocket.send", "text": text, "bytes": message.get("bytes")})


async def _say(client: End, error: PorticoError) -> None:
    """Tell the client, who may have been the one that left."""
    with suppress(OSError):
        text = json.dumps({"problem": Problem.of(error).model_dump()})
        await client.send({"type": "websocket.send", "text": text})


def _no_session() -> PorticoError:
    return PorticoError(
        "There is no such session.",
        "It has ended, or somebody has taken it already.",
        "Run the command again.",
        status=404,
    )


def _broken() -> PorticoError:
    return PorticoError(
        "The connection to the command was lost.",
        "The agent's end broke before the command had ended; the command is ended too.",
        "Run it again.",
    )
