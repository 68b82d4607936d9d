"""Requests and answers of the plain ASGI part."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    MutableMapping,
)
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from portico.control.disk_full import disk_full, is_disk_full
from portico.errors import PorticoError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON = "application/json"
PROBLEM = "application/problem+json"

log = logging.getLogger(__name__)


class GoneError(Exception):
    """The client has left in the middle of its request."""


class Request:
    """A request whose body has not been read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.method: str = scope.get("method", "")
        self.path: str = scope["path"]

    @cached_property
    def headers(self) -> dict[str, str]:
        """By lower-case name; of several the last."""
        return {
            name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]
        }

    @cached_property
    def query(self) -> dict[str, str]:
        pairs = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return {name: values[-1] for name, values in pairs.items()}

    @property
    def query_string(self) -> str:
        return str(self.scope["query_string"].decode("latin-1"))

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true", "yes", "on")

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises GoneError when it ends too early."""
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise GoneError
            more = message.get("more_body", False)
            if piece := message.get("body", b""):
                yield piece

    async def body(self, limit: int) -> bytes:
        """The whole body, or a PorticoError when it is longer than the limit."""
        body = bytearray()
        async for piece in self.pieces():
            body += piece
            if len(body) > limit:
                raise too_long(limit)
        return bytes(body)


def bounded(receive: Receive, limit: int) -> Receive:
    """Raises a PorticoError once the body is longer than the limit."""
    size = 0

    async def receive_bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise too_long(limit)
        return message

    return receive_bounded


async def respond(send: Send, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
    length = {} if status == 204 else {"content-length": str(len(body))}
    await start(send, status, {**headers, **length})
    await send({"type": "http.response.body", "body": body})


async def respond_pairs(send: Send, status: int, pairs: Iterable[tuple[str, str]]) -> None:
    """Without a body, and with headers that may come more than once."""
    headers = [(name.encode("latin-1"), value.encode()) for name, value in pairs]
    length = (b"content-length", b"0")
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body"})


async def start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    """Begin an answer; its body follows in `http.response.body` messages."""
    pairs = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
    ]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def respond_json(send: Send, status: int, document: Any) -> None:
    await respond(send, status, {"content-type": JSON}, json.dumps(document).encode())


async def respond_problem(send: Send, error: PorticoError) -> None:
    body = json.dumps(problem(error)).encode()
    await respond(send, error.status, {"content-type": PROBLEM} | challenge(error), body)


def problem(error: PorticoError) -> dict[str, Any]:
    """The problem document of an error."""
    return {"status": error.status, **error.as_dict()}


def challenge(error: PorticoError) -> dict[str, str]:
    return {"www-authenticate": 'Bearer realm="Portico"'} if error.status == 401 else {}


async def until_gone(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, or stop it as soon as the client has left."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def guarded(application: Application) -> Application:
    """Turns errors into problem documents, as long as no answer has begun."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await application(scope, receive, watched)
        except GoneError:
            pass
        except PorticoError as error:
            if begun:  # all that is left is to end the answer early
                log.info("%s ended early: %s", scope["path"], error.title)
            else:
                await _refuse(scope, send, error)
        except Exception as error:
            log.exception("%s %s failed", scope.get("method", scope["type"]), scope["path"])
            if not begun:
                await _refuse(scope, send, unexpected(error))

    return guard


async def _refuse(scope: Scope, send: Send, error: PorticoError) -> None:
    if scope["type"] == "http":
        await respond_problem(send, error)
        return
    headers = {"content-type": PROBLEM} | challenge(error)
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    body = json.dumps(problem(error)).encode()
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": pairs})
    await send({"type": "websocket.http.response.body", "body": body})


def too_large(what: str, limit: int) -> PorticoError:
    return PorticoError(
        f"{what} is too large.",
        f"At most {limit} bytes are taken.",
        "Leave out what the app does not need, for example with a .gitignore file.",
        status=413,
    )


def too_long(limit: int) -> PorticoError:
    return PorticoError(
        "The request is too large.",
        f"At most {limit} bytes are taken.",
        "Send less at once; archives alone may be larger.",
        status=413,
    )


def not_found(path: str) -> PorticoError:
    return PorticoError(
        "There is nothing at this address.",
        f"The path was {path[:200]}.",
        "See what the API offers: /-/api/v1/docs",
        status=404,
    )


def unexpected(error: Exception | None = None) -> PorticoError:
    """What is told of an error that nobody expected; of a full disk more than that."""
    if error is not None and is_disk_full(error):
        return disk_full()
    return PorticoError(
        "Portico failed to answer this request.",
        "The reason stands in web's log.",
        "Try again; if it happens again, tell the operator of this server.",
        status=500,
    )
