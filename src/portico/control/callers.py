"""Who calls, by a token, by a browser's session or on behalf of a push; and what they may do."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from portico.control import instance, origin
from portico.control.access import refusals
from portico.control.access.deciding import Person, Verb, may
from portico.control.access.facts import access_of, person_of, visible
from portico.control.access.scopes import WHOLE, Scope
from portico.control.access.trust import require_trust
from portico.control.accounts import factors
from portico.control.accounts.sessions import SessionStore
from portico.control.git import pushes
from portico.control.models import App, OldName, Share, Token
from portico.control.models.refusals import Renamed, taken, unknown
from portico.control.names import check_app_name, not_free
from portico.control.origin import BROWSER
from portico.errors import PorticoError


@dataclass(frozen=True)
class Caller:
    user: User
    token: str  # its name; BROWSER for a session
    push: pushes.Push | None = None
    scope: Scope = WHOLE
    expires_at: datetime | None = None

    @cached_property
    def person(self) -> Person:
        return person_of(self.user)

    def may(
        self, verb: Verb, app: App | None = None, shares: Iterable[Share] | None = None
    ) -> bool:
        """`shares` are the app's, for those who have read them already."""
        if not self.scope.covers(verb, app.pk if app else None):
            return False
        return may(self.person, verb, access_of(app, shares) if app else None)

    def require(self, verb: Verb) -> None:
        """Raise a PorticoError unless the caller may do that on this server."""
        if not may(self.person, verb):
            raise refusals.on_server(self.person, verb)
        if not self.may(verb):
            raise refusals.by_token(self.token, self.scope, verb)

    def app(self, name: str, verb: Verb) -> App:
        """The app, to do that with it. One that the caller may not open does not exist for them."""
        found = App.find(name)
        if found is None:
            self._refuse_old_name(name)
        if found is None or not self.may(Verb.OPEN, found):
            raise unknown(name)
        if not may(self.person, verb, access_of(found)):
            raise refusals.on_app(self.user.username, found.name, verb)
        if not self.may(verb, found):
            raise refusals.by_token(self.token, self.scope, f"{verb} {found.name}")
        return found

    def apps(self, among: QuerySet[App], verb: Verb = Verb.OPEN) -> list[App]:
        """Those with which the caller may do that."""
        found = visible(self.person, among, verb)
        return [app for app in found if self.scope.covers(verb, app.pk)]

    def new_app(self, name: str) -> None:
        """Raise a PorticoError unless the caller may make an app of this name."""
        self.require(Verb.CREATE)
        check_app_name(name)
        if App.of_others(self.user):
            require_trust()
        if found := App.find(name):
            raise taken(name) if self.may(Verb.OPEN, found) else not_free(name)

    def deploy_target(self, name: str, *, create: bool) -> App | None:
        """The app to deploy to, None for one that is to be made; else a PorticoError."""
        found = App.find(name)
        if not create or (found and self.may(Verb.OPEN, found)):
            return self.app(name, Verb.DEPLOY)
        self._refuse_old_name(name)  # or a push to an old address would make an app there
        self.new_app(name)
        return None

    def _refuse_old_name(self, name: str) -> None:
        """Raise a PorticoError where an app that the caller may open was called so."""
        if (now := OldName.app_of(name)) and self.may(Verb.OPEN, now):
            raise Renamed(name, now.name, instance.git_url(now.name))


def by_token(text: str) -> Caller:
    """The caller with this token, or a PorticoError."""
    token = Token.of(text) if text else None
    if token is None:
        raise unauthorized(given=bool(text))
    if token.expired:
        raise expired(token.name)
    token.note_use()
    origin.found(f"token {token.name}")
    return Caller(token.user, token.name, None, token.scope, token.expires_at)


def by_token_or_push(text: str, app: str) -> Caller:
    """Also takes the token of a push to this app that is under way."""
    push = pushes.by_token(text)
    if push and push.app == app:
        origin.found(push.origin.way, push.origin.address)
        return Caller(User.objects.get(pk=push.user_id), "push", push)
    return by_token(text)


def by_session(request: HttpRequest) -> Caller | None:
    """The person who has signed in in this browser, None for a stranger."""
    return _signed_in(request)


def by_cookies(header: str) -> Caller | None:
    """The same by a Cookie header, for what streams beside Django. For reading only: Django's
    protection against requests from foreign pages is not there."""
    key = parse_cookie(header).get(settings.SESSION_COOKIE_NAME)
    return _signed_in(SimpleNamespace(session=SessionStore(key)))


def bearer(header: str) -> str:
    """The token in an Authorization header, '' when there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def basic(header: str) -> str:
    """The password in an Authorization header, '' when there is none."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except ValueError:  # neither base64 nor UTF-8
        return ""
    return decoded.partition(":")[2]


def _signed_in(request: Any) -> Caller | None:
    """Nobody, too, who was deactivated, has another password than at sign-in, or still owes the
    second factor that is required of them."""
    if not hasattr(request, "portico_caller"):
        user, request.portico_caller = get_user(request), None
        if isinstance(user, User) and not factors.is_owed(user, request.session):
            origin.found(BROWSER)
            request.portico_caller = Caller(user, BROWSER)
    found: Caller | None = request.portico_caller
    return found


def expired(name: str) -> PorticoError:
    return PorticoError(
        "The request was not accepted.",
        f"The token '{name}' that came with it has expired.",
        "Log in with another token of this server: portico login",
        status=401,
    )


def unauthorized(*, given: bool) -> PorticoError:
    found = "The token that came with it is not known here." if given else "No token came with it."
    return PorticoError(
        "The request was not accepted.",
        found,
        "Log in with a token of this server: portico login",
        status=401,
    )
