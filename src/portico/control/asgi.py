"""The two faces of web: one for the router, one for the agent that the router cannot reach.

What streams, or must be quick, is answered here; everything else is Django's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.checks.urls import check_url_config

from portico.control import origin
from portico.control.api.access import from_elsewhere
from portico.control.gate import check
from portico.control.git import http
from portico.control.pages import waiting_room
from portico.control.pages.foreign import is_foreign
from portico.control.streams import agent, logs, sockets, uploads
from portico.control.streams.exchange import (
    Application,
    Receive,
    Request,
    Scope,
    Send,
    bounded,
    guarded,
    not_found,
)

Handler = Callable[..., Awaitable[None]]
Routes = tuple[tuple[str, re.Pattern[str], Handler], ...]

APP = r"/-/api/v1/apps/(?P<app>[^/]+)"

FOR_THE_ROUTER: Routes = (
    ("POST", re.compile(rf"{APP}/deploys"), uploads.upload),
    ("GET", re.compile(rf"{APP}/deploys/(?P<deploy>[0-9]{{1,18}})/log"), logs.deploy_log),
    ("GET", re.compile(rf"{APP}/logs"), logs.app_log),
    (
        "websocket",
        re.compile(rf"{APP}/sessions/(?P<session>[A-Za-z0-9_-]+)"),
        sockets.client_session,
    ),
    ("*", re.compile(r"/-/git/(?P<app>[^/]+)\.git/(?P<call>.+)"), http.serve),
)
FOR_THE_AGENT: Routes = (
    ("GET", re.compile(r"/plan"), agent.get_plan),
    ("POST", re.compile(r"/report"), agent.post_report),
    ("POST", re.compile(r"/figures"), agent.post_figures),
    ("POST", re.compile(r"/examination"), agent.post_examination),
    ("GET", re.compile(r"/sources/(?P<sha256>[0-9a-f]{64})"), agent.get_source),
    ("websocket", re.compile(r"/sessions/(?P<session>[A-Za-z0-9_-]+)"), sockets.agent_session),
)


def router_application() -> Application:
    """What the router reaches."""
    django = get_asgi_application()
    check_url_config(None)  # also loads all of it now, which the first request would wait for

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if check.HEADER in request.headers:
            await check.check(request, send)
        elif waiting_room.HEADER in request.headers:
            await _wait(request, send)
        elif is_foreign(request.method, request.path, request.headers):
            raise from_elsewhere()
        elif handler := _find(FOR_THE_ROUTER, request):
            with origin.of(origin.address_in(request.headers)):
                await handler(request, send)
        elif scope["type"] == "http":
            # Django writes a body of any length to the disk, before it looks for a token.
            body = bounded(receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            await django(scope, body, send)  # type: ignore[arg-type]
        else:
            raise not_found(request.path)

    return guarded(application)


def agent_application() -> Application:
    """What the agent reaches, and nobody else."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        handler = _find(FOR_THE_AGENT, request)
        if handler is None:
            raise not_found(request.path)
        await handler(request, send)

    return guarded(application)


async def _wait(request: Request, send: Send) -> None:
    if request.scope["type"] == "websocket":
        raise waiting_room.closed()
    await waiting_room.answer(request, send)


def _find(routes: Routes, request: Request) -> Callable[[Request, Send], Awaitable[None]] | None:
    method = request.method or "websocket"
    for wanted, pattern, handler in routes:
        if wanted in (method, "*") and (match := pattern.fullmatch(request.path)):
            return functools.partial(handler, **match.groupdict())
    return None
