"""Who calls the API: whoever has a token."""

# ruff: noqa: ARG002 - Django gives the request to all, ninja by its name

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.security import HttpBearer

from portico.control import callers
from portico.control.callers import Caller


class BearerToken(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        return callers.by_token(token)


def caller_of(request: HttpRequest) -> Caller:
    """Whom `BearerToken` has let in."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]


def user_of(request: HttpRequest) -> User:
    return caller_of(request).user
