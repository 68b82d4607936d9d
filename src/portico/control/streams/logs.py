"""Logs as lines of JSON (NDJSON), of an app's processes and of a deploy."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import UTC, datetime

from portico import wire
from portico.control import callers
from portico.control.access.deciding import Verb
from portico.control.api.documents import deploy_document
from portico.control.bell import Listener, app_topic, bell
from portico.control.models import App, Deploy
from portico.control.models.refusals import no_deploy
from portico.control.sessions.broker import new_id
from portico.control.sessions.logs import Entry, log_entries
from portico.control.streams.exchange import Request, Send, start, until_gone
from portico.control.threads import in_database
from portico.errors import PorticoError
from portico.wire import DeployState

BEAT = 15.0  # seconds without a line after which an empty one shows that the connection stands
MOST_LINES = 100_000
LAST_LINES = 5.0  # seconds that the log may take to end once its deploy has

Put = Callable[[Entry], Awaitable[None]]


async def app_log(request: Request, send: Send, app: str) -> None:
    """GET /apps/{app}/logs."""
    app_id = (await in_database(_app, request, app)).pk
    order = _order(request)

    async def tell(put: Put) -> None:
        async with aclosing(log_entries(app_id, order, patient=False)) as entries:
            async for entry in entries:
                await put(entry or {})

    plain = f"{app}.log" if request.flag("plain") else ""
    await until_gone(request.receive, _stream(send, tell, beat=order.follow, plain=plain))


async def deploy_log(request: Request, send: Send, app: str, deploy: str) -> None:
    """GET /apps/{app}/deploys/{id}/log."""
    found = await in_database(_find, request, app, int(deploy))
    teller = DeployLog(*found, follow=request.flag("follow"))
    plain = f"{app}-deploy-{deploy}.log" if request.flag("plain") else ""
    await until_gone(request.receive, _stream(send, teller.tell, beat=not plain, plain=plain))


class DeployLog:
    """Tells a deploy: the wait for its turn, its log, how it ended."""

    def __init__(self, app_id: int, deploy: Deploy, *, follow: bool) -> None:
        self.app_id = app_id
        self.deploy = deploy
        self.follow = follow

    async def tell(self, put: Put) -> None:
        with bell.listen(app_topic(self.app_id)) as listener:
            if self.follow:
                await put({})
                await self._await_turn(put, listener)
            if self.deploy.turn_at is not None:
                await self._log_and_end(put, listener)
            if bell.closing and self.follow and not self.deploy.final:
                return  # without the last line, the client knows that there is more to come
            await put({"deploy": await in_database(deploy_document, self.deploy)})

    async def _await_turn(self, put: Put, listener: Listener) -> None:
        waiting = False
        while (ahead := await in_database(self._look)) is not None and not bell.closing:
            if ahead and not waiting:
                await put(_line(f"Waiting for deploy {ahead} to finish."))
                waiting = True
            await listener.heard(BEAT)

    async def _log_and_end(self, put: Put, listener: Listener) -> None:
        log = asyncio.create_task(self._log(put))
        try:
            if self.follow:
                await self._await_end(listener)
                await asyncio.wait([log], timeout=LAST_LINES)
            else:
                await log
        finally:
            log.cancel()
            with suppress(asyncio.CancelledError):
                await log

    async def _await_end(self, listener: Listener) -> None:
        while not self.deploy.final and not bell.closing:
            await listener.heard(BEAT)
            await in_database(self._look)

    async def _log(self, put: Put) -> None:
        order = wire.Session(
            id=new_id(),
            kind=wire.SessionKind.LOGS,
            deploy=self.deploy.pk,
            lines=MOST_LINES,
            follow=self.follow,
        )
        async with aclosing(log_entries(self.app_id, order, patient=self.follow)) as entries:
            async for entry in entries:
                await put({"time": entry["time"], "line": entry["line"]} if entry else {})

    def _look(self) -> int | None:
        """Look at the deploy again; None once it has had its turn, else what it waits for, or 0.

        An app that is removed meanwhile takes its deploys along.
        """
        found = Deploy.objects.select_related("app", "release").filter(pk=self.deploy.pk).first()
        if found is None:
            raise no_deploy(self.deploy.app.name, self.deploy.pk)
        self.deploy = found
        if found.state != DeployState.QUEUED:
            return None
        ahead = found.app.under_way_id
        return 0 if ahead in (None, found.pk) else ahead


async def _stream(
    send: Send, tell: Callable[[Put], Awaitable[None]], *, beat: bool, plain: str = ""
) -> None:
    """Answer with what `tell` puts, as it comes; an empty object is shown as an empty line.

    Nothing is sent before the first entry, so that an error until then is a proper answer.
    `plain` is the name of a file of text, for people, in place of JSON.
    """
    lines: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=200)

    async def put(entry: Entry) -> None:
        await lines.put(_as_text(entry) if plain else _as_json(entry))

    async def run() -> None:
        try:
            await tell(put)
        except Exception:
            await lines.put(None)
            raise
        await lines.put(None)

    telling = asyncio.create_task(run())
    try:
        await _pass_on(send, lines, telling, _headers(plain), beat=beat)
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


def _as_json(entry: Entry) -> bytes:
    return json.dumps(entry).encode() + b"\n" if entry else b"\n"


def _as_text(entry: Entry) -> bytes:
    if "line" not in entry:
        return b""
    words = (entry["time"], entry.get("process", ""), entry["line"])
    return " ".join(word for word in words if word).encode() + b"\n"


def _headers(plain: str) -> dict[str, str]:
    kind = "text/plain; charset=utf-8" if plain else "application/x-ndjson"
    kept = {"content-disposition": f'attachment; filename="{plain}"'} if plain else {}
    return {"content-type": kind, "cache-control": "no-store", **kept}


async def _pass_on(
    send: Send,
    lines: asyncio.Queue[bytes | None],
    telling: asyncio.Task[None],
    headers: dict[str, str],
    *,
    beat: bool,
) -> None:
    first = await lines.get()
    if first is None:
        await telling
    await start(send, 200, headers)
    line = first
    while line is not None:
        await send({"type": "http.response.body", "body": line, "more_body": True})
        line = await _next(lines, beat=beat)
    await send({"type": "http.response.body", "body": b""})


async def _next(lines: asyncio.Queue[bytes | None], *, beat: bool) -> bytes | None:
    """All that has come, together; None at the end."""
    try:
        line = await asyncio.wait_for(lines.get(), BEAT if beat else None)
    except TimeoutError:
        return b"\n"
    while line is not None and not lines.empty():
        if (more := lines.get_nowait()) is None:
            lines.put_nowait(None)
            break
        line += more
    return line


def _line(text: str) -> Entry:
    return {"time": datetime.fromtimestamp(time.time(), UTC).isoformat(), "line": text}


def _app(request: Request, name: str) -> App:
    return _caller(request, name).app(name, Verb.INSPECT)


def _caller(request: Request, app: str) -> callers.Caller:
    token = callers.bearer(request.headers.get("authorization", ""))
    if not token and (caller := callers.by_cookies(request.headers.get("cookie", ""))):
        return caller
    return callers.by_token_or_push(token, app)


def _find(request: Request, app: str, deploy: int) -> tuple[int, Deploy]:
    found = _app(request, app)
    one = found.deploys.select_related("app", "release").filter(pk=deploy).first()
    if one is None:
        raise no_deploy(app, deploy)
    return found.pk, one


def _order(request: Request) -> wire.Session:
    """The session that the query asks for."""
    process, lines = request.query.get("process", ""), request.query.get("lines", "100")
    if process and not re.fullmatch(r"[a-z0-9-]{1,20}(\.[0-9]{1,4})?", process):
        raise PorticoError(
            "There is no such process.",
            f"'{process[:40]}' is neither a process type nor a process.",
            "Name a type such as web, or a process such as web.1.",
        )
    if not lines.isdecimal() or int(lines) > MOST_LINES:
        raise PorticoError(
            "The number of lines cannot be used.",
            f"'{lines[:20]}' is not a number from 0 to {MOST_LINES}.",
            "Ask for fewer lines.",
        )
    return wire.Session(
        id=new_id(),
        kind=wire.SessionKind.LOGS,
        processes=(process,) if process else (),
        lines=int(lines),
        follow=request.flag("follow"),
    )
