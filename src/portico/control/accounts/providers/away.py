"""A provider that cannot be asked is an error that explains itself."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from requests import RequestException

from portico.control.pages.errors import explained
from portico.errors import PorticoError

log = logging.getLogger(__name__)


class ProviderAway:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, RequestException):
            return None
        log.error("%s: the provider could not be asked: %s", request.path, error)
        return explained(request, does_not_answer())


def does_not_answer() -> PorticoError:
    return PorticoError(
        "Your company's sign-on does not answer.",
        "This server could not reach it, or did not understand what it said; web's log says more.",
        "Try again in a minute, sign in in another way, or tell an administrator.",
        status=502,
    )
