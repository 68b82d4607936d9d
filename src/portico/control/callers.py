"""Who calls: a user by a bearer token, or git's hook on behalf of a push."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from django.contrib.auth.models import User

from portico.control.git import pushes
from portico.control.models import Token
from portico.errors import PorticoError


@dataclass(frozen=True)
class Caller:
    user: User
    token: str  # its name
    push: pushes.Push | None = None


def by_token(text: str) -> Caller:
    """The caller with this token, or a PorticoError."""
    token = Token.of(text) if text else None
    if token is None:
        raise unauthorized(given=bool(text))
    return Caller(token.user, token.name)


def by_token_or_push(text: str, app: str) -> Caller:
    """Also takes the token of a push to this app that is under way."""
    push = pushes.by_token(text)
    if push and push.app == app:
        return Caller(User.objects.get(pk=push.user_id), "push", push)
    return by_token(text)


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


def unauthorized(*, given: bool) -> PorticoError:
    found = "The token that came with it is not known here." if given else "No token came with it."
    return PorticoError(
        "The request was not accepted.",
        found,
        "Log in with a token of this server: portico login",
        status=401,
    )
