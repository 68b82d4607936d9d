"""How a page gets its caller, and who may see it.

    @page
    def front(request: HttpRequest, caller: Caller | None) -> HttpResponse: ...

    @signed_in
    def overview(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
        app = caller.app(name, Verb.INSPECT)

A PorticoError raised in there is answered by `Explained`: the three-part page to a browser, a
problem document to others. Who may do what is asked of the caller, here as in the API.

Pages change things by posting forms, or htmx's requests, to views of their own, which call the
same model methods as the API. The API takes the browser's session too, so that pages can read
from it (`/-/api/v1/...`, the streams of logs included); what changes something wants the CSRF
token there as well, in `X-CSRFToken`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portico.control import callers
from portico.control.accounts import factors
from portico.control.callers import Caller, unauthorized
from portico.control.models.refusals import Renamed
from portico.control.pages.errors import explained, wants_page
from portico.errors import PorticoError

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class Explained:
    """Middleware: a PorticoError that a view raises becomes its answer. A page of an app's old name
    leads to the same page of the app."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Renamed) and request.method in ("GET", "HEAD") and wants_page(request):
            return _to_renamed(request, error.now)
        return explained(request, error) if isinstance(error, PorticoError) else None


def _to_renamed(request: HttpRequest, now: str) -> HttpResponse:
    match = request.resolver_match
    assert match is not None  # noqa: S101 - a view has raised it
    address = reverse(match.view_name, kwargs=match.kwargs | {"name": now})
    query = request.META["QUERY_STRING"]
    return redirect(f"{address}?{query}" if query else address)


def page(view: Callable[Concatenate[HttpRequest, Caller | None, P], HttpResponse]) -> View[P]:
    """For views that strangers see too."""

    @functools.wraps(view)
    def visited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, callers.by_session(request), *args, **kwargs)

    return visited


def signed_in(view: Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]) -> View[P]:
    """For views that need a person; a browser without one is sent to sign in and comes back."""

    @functools.wraps(view)
    def visited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        caller = callers.by_session(request)
        if caller is None:
            return to_sign_in(request) if request.user.is_anonymous else to_second_factor(request)
        return view(request, caller, *args, **kwargs)

    return visited


def to_sign_in(request: HttpRequest) -> HttpResponse:
    address = f"{reverse('account_login')}?{urlencode({'next': _place(request)})}"
    if "HX-Request" in request.headers:  # a part of a page: the whole of it has to go there
        answer = explained(request, unauthorized(given=False))
        answer["HX-Redirect"] = address
        return answer
    return (
        redirect(address) if wants_page(request) else explained(request, unauthorized(given=False))
    )


def to_second_factor(request: HttpRequest) -> HttpResponse:
    """For who has signed in and cannot be let in before it is set up."""
    error = factors.missing()
    if not wants_page(request):
        return explained(request, error)
    messages.warning(request, f"{error.title} {error.detail}")
    return redirect("mfa_index")


def _place(request: HttpRequest) -> str:
    """Where to come back to: this page, or the one that a form or htmx has asked from."""
    if request.method in ("GET", "HEAD") and "HX-Request" not in request.headers:
        return request.get_full_path()
    asked_from = urlsplit(
        request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    )
    return asked_from._replace(scheme="", netloc="", fragment="").geturl() or "/"
