"""What the router asks when a request for an app comes without a good cookie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPMethod

from django.db import models

from portico.control import callers, instance
from portico.control.access.deciding import STRANGER, Verb, may
from portico.control.access.facts import access_of, all_shares
from portico.control.callers import Caller
from portico.control.gate import cookies
from portico.control.gate.identity import Identity, identity_of, signed
from portico.control.gate.places import Place, way_in
from portico.control.models import App, OldName, Share
from portico.control.models.visit import Visit
from portico.control.pages.errors import no_app_at
from portico.control.questions import Question, Slot
from portico.control.streams.exchange import Request, Send, respond_pairs
from portico.control.threads import in_database
from portico.errors import PorticoError

HEADER = "x-portico-gate"  # the router's: the app's id
NO_APP = 0  # for a name that none has
PORTICO_TOKEN = re.compile(r"\s*bearer\s+(portico_\S+)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Visitor:
    """Of whom a request speaks. `by_visit`: by this browser's cookie, not by a script's token."""

    caller: Caller | None = None
    by_visit: bool = False


@dataclass(frozen=True)
class Door:
    """The app that it is about, and whom its access names. `moved`: the request has a name that
    the app had before."""

    app: App
    shares: list[Share]
    moved: bool = False


_APP = Question(
    lambda: App.objects.only("name", "access", "owner").filter(
        pk=Slot("app", models.BigIntegerField())
    )
)


async def check(request: Request, send: Send) -> None:
    """200 with who it is, or what the visitor gets instead of the app."""
    status, pairs = await in_database(_judge, request)
    await respond_pairs(send, status, [*pairs, ("cache-control", "no-store")])


def _judge(request: Request) -> tuple[int, list[tuple[str, str]]]:
    door = _door(request)
    visitor = _visitor(request, door)
    if door and _may_open(visitor, door):
        if door.moved:
            return 307, [("location", _place(request).at(door.app.name).address)]
        return 200, _introduction(request, visitor, door)
    if visitor.caller and not visitor.by_visit:
        raise no_app_at(request.path)
    if not _navigates(request):
        raise not_signed_in()
    return 302, [("location", way_in(_place(request)))]


def _door(request: Request) -> Door | None:
    app_id = int(request.headers[HEADER])
    if app_id == NO_APP:
        renamed = OldName.app_of(_first_part(request))
        return Door(renamed, all_shares(renamed), moved=True) if renamed else None
    app = _APP.first(app=app_id)
    return Door(app, all_shares(app)) if app else None


def _visitor(request: Request, door: Door | None) -> Visitor:
    """A PorticoError for a token of ours that is not good; an app's own tokens are not looked at."""
    if given := PORTICO_TOKEN.fullmatch(request.headers.get("authorization", "")):
        return Visitor(callers.by_token(given[1]))
    tokens = cookies.tokens(cookies.VIEWER, _cookie_header(request))
    if door and (visit := Visit.of(door.app.pk, tokens)):
        return Visitor(Caller(visit.user, "visit"), by_visit=True)
    return Visitor()


def _may_open(visitor: Visitor, door: Door) -> bool:
    if visitor.caller:
        return visitor.caller.may(Verb.OPEN, door.app, door.shares)
    return may(STRANGER, Verb.OPEN, access_of(door.app, door.shares))


def _introduction(request: Request, visitor: Visitor, door: Door) -> list[tuple[str, str]]:
    if visitor.caller is None:  # it has just become public
        return list(Identity().headers().items())
    identity = identity_of(visitor.caller, door.shares)
    token = signed(identity, door.app)
    pairs = [*identity.headers().items(), ("x-portico-identity", token)]
    if visitor.by_visit:
        path = f"{instance.app_prefix(door.app.name)}/"
        cookie = cookies.app_cookie(token, path, secure=_is_secure(request))
        pairs.append(("set-cookie", cookie))
    return pairs


def _navigates(request: Request) -> bool:
    """Whether a person has gone there with a browser, and can be sent to sign in."""
    return (
        request.method in (HTTPMethod.GET, HTTPMethod.HEAD)
        and "text/html" in request.headers.get("accept", "")
        and request.headers.get("sec-fetch-mode", "navigate") == "navigate"
        and "x-requested-with" not in request.headers
    )


def _place(request: Request) -> Place:
    place = Place.parse(_full_path(request)) or Place.parse(f"/{_first_part(request)}/")
    if place is None:
        raise not_signed_in()
    return place


def _first_part(request: Request) -> str:
    """Of the path; behind the router the name of an app."""
    return request.path.split("/")[1]


def _full_path(request: Request) -> str:
    path = request.scope["raw_path"].decode("latin-1")
    return f"{path}?{request.query_string}" if request.query_string else path


def _cookie_header(request: Request) -> str:
    found = (value for name, value in request.scope["headers"] if name == b"cookie")
    return "; ".join(value.decode("latin-1") for value in found)


def _is_secure(request: Request) -> bool:
    return request.headers.get("x-forwarded-proto") == "https"


def not_signed_in() -> PorticoError:
    return PorticoError(
        "You are not signed in.",
        "What is here is for those who are and may see it, if there is anything.",
        "In a browser, open this address anew. In a script, send a token of this server: "
        "Authorization: Bearer TOKEN (portico tokens create).",
        status=401,
    )
