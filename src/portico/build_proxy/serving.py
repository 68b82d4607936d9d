"""Takes requests on a listening socket and carries them out."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from portico.build_proxy.destinations import (
    Destinations,
    NextProxy,
    RefusedError,
    UnreachableError,
    connected,
    connected_to_next,
    next_proxy,
)
from portico.build_proxy.order import Target
from portico.build_proxy.requests import (
    HEAD_LIMIT,
    TUNNEL_STANDS,
    BadRequestError,
    Request,
    answer,
    authority,
    parse,
    sent_on,
    tunnel_asked,
)
from portico.relaying import Connection, both_ways, closing, exactly, one_way

HEAD_SECONDS = 60.0
MOST_CONNECTIONS = 256  # more of them wait; each holds at most some 64 KiB a way
MOST_SAID = 50
# Not 403: tools take that for an index that wants another password.
REFUSED = "421 Misdirected Request"
REACHED = "Builds reach public addresses and the operator's mirrors alone."
# A client whose last words nobody reads would lose the answer: the kernel resets the connection.
LINGER_SECONDS = 5.0
BACKLOG = 128
ENDED = (OSError, asyncio.IncompleteReadError)


class Serving:
    """The proxy of one build. `say` takes the lines for the build's log."""

    def __init__(self, destinations: Destinations, say: Callable[[str], None]) -> None:
        self._destinations = destinations
        self._say = say
        self._said: set[Target] = set()
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)

    async def serve(self, listening: socket.socket) -> None:
        """Until it is ended."""
        server = await asyncio.start_unix_server(
            self._connection, sock=listening, limit=HEAD_LIMIT, backlog=BACKLOG
        )
        async with server:
            await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._places, closing(Connection(reader, writer)) as client:
            with contextlib.suppress(*ENDED):
                await self._served(client)
                await _let_go(client)

    async def _served(self, client: Connection) -> None:
        try:
            request = parse(await _head(client.reader))
        except BadRequestError as error:
            await _answered(client, error.status, str(error))
            return
        try:
            await self._carried_out(client, request)
        except RefusedError as error:
            text = f"The build asked for {authority(request.target)}, which is {error}. {REACHED}"
            await _answered(client, REFUSED, self._told(request.target, text))
        except UnreachableError as error:
            text = f"The build could not reach {authority(request.target)}: {error}."
            await _answered(client, "502 Bad Gateway", self._told(request.target, text))

    def _told(self, target: Target, text: str) -> str:
        """The same, also in the build's log: most tools say no more than the status. Once each."""
        if target not in self._said and len(self._said) < MOST_SAID:
            self._said.add(target)
            self._say(f"Warning: {text}")
        return text

    async def _carried_out(self, client: Connection, request: Request) -> None:
        upstream = self._destinations.order.upstream
        further = next_proxy(upstream, request.target, tunnel=request.is_tunnel)
        async with closing(await self._way(request, further)) as there:
            if request.is_tunnel:
                client.writer.write(TUNNEL_STANDS)
                await both_ways(client, there)
            else:
                await _exchanged(client, there, request, further)

    async def _way(self, request: Request, further: NextProxy | None) -> Connection:
        if further is None:
            addresses = await self._destinations.checked(request.target)
            return await connected(addresses, request.target[1])
        await self._destinations.check_for_next(request.target)
        there = await connected_to_next(further)
        if request.is_tunnel:
            try:
                await _tunnel_made(there, request.target, further)
            except BaseException:
                there.writer.close()
                raise
        return there


async def _tunnel_made(there: Connection, target: Target, further: NextProxy) -> None:
    there.writer.write(tunnel_asked(target, further.credentials))
    try:
        status = (await _head(there.reader)).split(b"\r\n")[0].decode("latin-1")
    except (BadRequestError, *ENDED) as error:
        raise UnreachableError("the server's own proxy gave no answer") from error
    if status.split(" ")[1:2] != ["200"]:
        said = " ".join(status.split()[1:])[:100]
        raise UnreachableError(f"the server's own proxy answered: {said}")


async def _exchanged(
    client: Connection, there: Connection, request: Request, further: NextProxy | None
) -> None:
    """One request and its answer. What the client sends after it is not passed on: a next proxy
    would take it for another request, which nobody has checked.
    """
    credentials = further.credentials if further else ""
    there.writer.write(sent_on(request, absolute=further is not None, credentials=credentials))
    body = asyncio.ensure_future(exactly(client.reader, there.writer, request.body))
    try:
        await one_way(there.reader, client.writer)
    finally:
        body.cancel()
        await asyncio.gather(body, return_exceptions=True)


async def _head(reader: asyncio.StreamReader) -> bytes:
    """Up to the empty line. Raises BadRequestError when it is too long."""
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise BadRequestError(
            "The headers are too long.", "431 Request Header Fields Too Large"
        ) from error


async def _answered(client: Connection, status: str, text: str) -> None:
    client.writer.write(answer(status, text))
    await client.writer.drain()


async def _let_go(client: Connection) -> None:
    """End our side, then listen until the client has ended its own."""
    if client.writer.can_write_eof():
        client.writer.write_eof()
    async with asyncio.timeout(LINGER_SECONDS):
        while await client.reader.read(HEAD_LIMIT):
            pass
