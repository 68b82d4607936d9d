"""Git's smart HTTP: who may, whose repository, one push at a time; git itself does the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from portico.control import callers, instance, sources
from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.git import backend, pushes, repositories
from portico.control.git.environment import configured
from portico.control.git.hook import variables as hook
from portico.control.models import App
from portico.control.streams.exchange import Request, Send, not_found, respond
from portico.control.threads import in_database
from portico.errors import PorticoError

RECEIVE = "git-receive-pack"
UPLOAD = "git-upload-pack"


async def serve(request: Request, send: Send, app: str, call: str) -> None:
    """/-/git/{app}.git/{call}. Errors are plain text, the only thing that git shows."""
    try:
        caller = await _authenticated(request)
        await in_database(
            _check_app, caller, app, pushing=RECEIVE in (call, request.query.get("service"))
        )
        await _answer(request, send, app, call, caller)
    except PorticoError as error:
        ask = {"www-authenticate": 'Basic realm="Portico"'} if error.status == 401 else {}
        headers = {"content-type": "text/plain; charset=utf-8", **ask}
        await respond(send, error.status, headers, f"{error}\n".encode())


async def _authenticated(request: Request) -> Caller:
    password = callers.basic(request.headers.get("authorization", ""))
    try:
        return await in_database(callers.by_token, password)
    except PorticoError as error:
        hint = "Type a token of this server as the password; the user name does not matter."
        raise PorticoError(error.title, error.detail, hint, status=401) from None


def _check_app(caller: Caller, app: str, *, pushing: bool) -> None:
    """A push may make the app; anything else needs it."""
    if pushing:
        caller.deploy_target(app, create=True)
    else:
        caller.app(app, Verb.READ_CODE)


async def _answer(request: Request, send: Send, app: str, call: str, caller: Caller) -> None:
    service = request.query.get("service")
    if (request.method, call) == ("GET", "info/refs") and service in (RECEIVE, UPLOAD):
        if service == RECEIVE:
            pushes.refuse_second(app, known=await _knows(caller, app))
        await _pass_on(request, send, app, call, caller)
    elif (request.method, call) == ("POST", UPLOAD):
        await _pass_on(request, send, app, call, caller)
    elif (request.method, call) == ("POST", RECEIVE):
        await _receive(request, send, app, call, caller)
    else:
        raise not_found(request.path)


async def _receive(request: Request, send: Send, app: str, call: str, caller: Caller) -> None:
    known = await _knows(caller, app)
    with pushes.begin(app, caller.user.pk, caller.user.username, known=known) as push:
        await asyncio.to_thread(repositories.make, app)
        try:
            variables = _for_the_hook(app, push.token)
            await _run(request, send, app, call, caller, variables)
        finally:
            await in_database(_settle, app)
    await send({"type": "http.response.body", "body": b""})


async def _knows(caller: Caller, app: str) -> bool:
    """Whether the app is there already, for somebody who may push to it."""
    return await in_database(caller.deploy_target, app, create=True) is not None


async def _pass_on(request: Request, send: Send, app: str, call: str, caller: Caller) -> None:
    there = await asyncio.to_thread(repositories.path_of(app).is_dir)
    await _run(request, send, app if there else repositories.EMPTY, call, caller, {})
    await send({"type": "http.response.body", "body": b""})


async def _run(
    request: Request,
    send: Send,
    repository: str,
    call: str,
    caller: Caller,
    extra: Mapping[str, str],
) -> None:
    """Everything of git's answer but its end, which may have to wait."""
    path = f"/{repositories.path_of(repository).name}/{call}"
    root = instance.layout().repositories
    variables = backend.cgi_variables(request, root, path, caller.user.username)
    await backend.run(request, send, {**variables, **configured(_settings()), **extra})


def _settings() -> dict[str, str]:
    return {
        "core.hooksPath": str(repositories.hooks()),
        "http.receivepack": "true",
        "receive.maxInputSize": str(instance.server().max_unpacked_bytes),
    }


def _for_the_hook(app: str, token: str) -> dict[str, str]:
    return {
        hook.APP: app,
        hook.PUSH: token,
        hook.SOCKET: str(instance.layout().web_socket),
        hook.INCOMING: str(sources.incoming()),
        hook.BRANCHES: " ".join(instance.server().deploy_branches),
        hook.MOST_BYTES: str(instance.server().max_unpacked_bytes),
        hook.MOST_FILES: str(instance.server().max_source_files),
    }


def _settle(app: str) -> None:
    """After a push: no repository without an app, and HEAD names what is deployed."""
    if App.objects.filter(name=app).exists():
        repositories.point_head(app, instance.server().deploy_branches)
    else:
        repositories.remove(app)
