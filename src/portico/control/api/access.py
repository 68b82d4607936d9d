"""Who calls the API: whoever has a token, and the pages of whoever has signed in."""

# ruff: noqa: ARG002 - Django gives the request to all, ninja by its name

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from portico.control import callers
from portico.control.callers import Caller
from portico.errors import PorticoError


class BearerToken(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        return callers.by_token(token)


class BrowserSession(APIKeyCookie):
    """Behind `BearerToken`: a request with a token is its, whatever cookies come along."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        # Who has not signed in is to hear that, and not of a check that they need not pass.
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        caller = callers.by_session(request)
        if caller and check_csrf(request):
            raise from_elsewhere()
        return caller


def caller_of(request: HttpRequest) -> Caller:
    """Whom `BearerToken` or `BrowserSession` has let in."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]


def user_of(request: HttpRequest) -> User:
    return caller_of(request).user


def from_elsewhere() -> PorticoError:
    """For what a page of another site has sent in a signed-in person's name."""
    return PorticoError(
        "The request was not accepted.",
        "It did not come from a page of this server, or that page is of another sign-in.",
        "Load the page again and repeat what you did.",
        status=403,
    )
