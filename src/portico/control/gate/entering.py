"""The way of a browser into an app: over the portal's host, where its session is known."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from portico.control import instance
from portico.control.access.deciding import Verb
from portico.control.access.facts import all_shares
from portico.control.callers import Caller
from portico.control.gate import cookies
from portico.control.gate.codes import Pass, codes
from portico.control.gate.identity import identity_of, signed
from portico.control.gate.places import Place, arrive_address, enter_address
from portico.control.models import App, OldName
from portico.control.models.signing_key import public_keys
from portico.control.models.visit import Visit
from portico.control.pages.errors import no_app_at
from portico.control.pages.front import host_of
from portico.control.pages.visiting import signed_in
from portico.errors import PorticoError


@require_safe
@signed_in
def enter(request: HttpRequest, caller: Caller) -> HttpResponse:
    """On the portal's host: to the app with a visit, or on to the app's host with a code."""
    place = _place(request)
    app = App.find(place.app) or OldName.app_of(place.app)
    if app is None or not caller.may(Verb.OPEN, app):
        raise no_app_at(place.path)
    if app.name != place.app:  # it may have another host by that name, and the way begins there
        return redirect(place.at(app.name).address)
    session = request.session.session_key
    assert session is not None  # noqa: S101 - there is a caller by it
    if not instance.server().apps_apart:
        return _enter(request, place, app, caller, session)
    door = request.GET.get("door", "")
    code = codes.issue(Pass(app.pk, caller.user.pk, session, door))
    return redirect(arrive_address(place, code))


@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """On the app's host: to the portal's, with a cookie left behind that proves the way back."""
    place = _place(request)
    if host_of(request) != instance.server().app_host(place.app):
        return redirect(place.address)  # the way back would not lead to where the cookie is
    held = cookies.tokens(cookies.DOOR, request.headers.get("Cookie", ""))
    door = held[0] if held else secrets.token_urlsafe(32)
    answer = redirect(enter_address(place, _digest(door)))
    _set_cookie(answer, cookies.door_cookie(door, secure=request.is_secure()))
    return answer


@require_safe
def arrive(request: HttpRequest) -> HttpResponse:
    """On the app's host: a code becomes a visit, in the browser that set out for it alone."""
    place = _place(request)
    given = codes.redeem(request.GET.get("code", ""))
    doors = cookies.tokens(cookies.DOOR, request.headers.get("Cookie", ""))
    if given is None or given.door not in map(_digest, doors):
        raise _lost(place)
    app = App.objects.filter(pk=given.app_id, name=place.app).first()
    user = User.objects.filter(pk=given.user_id, is_active=True).first()
    caller = Caller(user, "visit") if user else None
    if not (app and caller and caller.may(Verb.OPEN, app)):
        raise _lost(place)
    return _enter(request, place, app, caller, given.session)


@require_safe
def published_keys(_request: HttpRequest) -> HttpResponse:
    """`/-/jwks.json`: what apps verify X-Portico-Identity with."""
    answer = JsonResponse({"keys": [key.as_jwk() for key in public_keys()]})
    answer["Cache-Control"] = "max-age=3600"
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _place(request: HttpRequest) -> Place:
    place = Place.parse(request.GET.get("next", ""))
    if place is None:
        raise PorticoError(
            "This address leads nowhere.",
            "It does not say which app to go to.",
            "Open the app by its own address.",
        )
    return place


def _enter(
    request: HttpRequest, place: Place, app: App, caller: Caller, session: str
) -> HttpResponse:
    ends = _end_of(session, place)
    token = Visit.begin(app, caller.user, session, ends)
    seconds = int((ends - timezone.now()).total_seconds())
    path, secure = f"{instance.app_prefix(app.name)}/", request.is_secure()
    identity = identity_of(caller, all_shares(app))
    answer = redirect(place.address)
    _set_cookie(answer, cookies.viewer_cookie(token, path, seconds, secure=secure))
    _set_cookie(answer, cookies.app_cookie(signed(identity, app), path, secure=secure))
    answer["Cache-Control"] = "no-store"
    return answer


def _end_of(session: str, place: Place) -> datetime:
    found = Session.objects.filter(session_key=session, expire_date__gt=timezone.now()).first()
    if found is None:
        raise _lost(place)  # signed out meanwhile
    return found.expire_date


def _set_cookie(answer: HttpResponse, cookie: str) -> None:
    answer.cookies.load(cookie)


def _lost(place: Place) -> PorticoError:
    return PorticoError(
        "The way to the app has come to its end.",
        "This link was used before, is older than a minute, or was meant for another browser.",
        f"Open the app again: {place.address}",
        status=403,
    )


def _digest(door: str) -> str:
    return hashlib.sha256(door.encode()).hexdigest()
