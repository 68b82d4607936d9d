"""Error pages for browsers, problem documents for everybody else."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portico.control.api.access import from_elsewhere as foreign_request
from portico.control.api.api import problem_response
from portico.control.streams.exchange import not_found as nothing_there
from portico.control.streams.exchange import unexpected
from portico.errors import PorticoError


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return explained(
        request,
        PorticoError(
            "The request was not accepted.",
            "It names a host that this server does not know, or is malformed.",
            "Use the address that the operator of this server has given you.",
        ),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/-/"):
        return explained(request, nothing_there(request.path))
    return explained(request, no_app_at(request.path))


def no_app_at(path: str) -> PorticoError:
    """Also what somebody is told who may not open the app that is there."""
    return PorticoError(
        "There is no app at this address.",
        f"The path was {path[:200]}.",
        "Correct the name in the address, or choose an app on the first page. If somebody gave you the "
        "address, ask them to share the app with you: who may not open an app does not find it.",
        status=404,
    )


def failed(request: HttpRequest) -> HttpResponse:
    return explained(request, unexpected())


def from_elsewhere(request: HttpRequest, reason: str = "") -> HttpResponse:
    return explained(request, foreign_request())


def too_many(request: HttpRequest) -> HttpResponse:
    return explained(
        request,
        PorticoError(
            "Too many requests came from you.",
            "Signing in, resetting and changing passwords can be tried a few times a minute.",
            "Wait a minute, then try again.",
            status=429,
        ),
    )


def explained(request: HttpRequest, error: PorticoError) -> HttpResponse:
    if not wants_page(request):
        return problem_response(error)
    if "HX-Request" in request.headers:
        return _part(request, error)
    return render(request, "portico/error.html", {"error": error}, status=error.status)


def _part(request: HttpRequest, error: PorticoError) -> HttpResponse:
    """For htmx: above the page that has asked, which stays as it is."""
    answer = render(request, "portico/parts/problem.html", {"error": error}, status=error.status)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#failures", "innerHTML"
    return answer


def wants_page(request: HttpRequest) -> bool:
    """A browser's request for a page, and not that of a script."""
    wanted = "text/html" in request.headers.get("Accept", "")
    return wanted and not request.path.startswith("/-/api/")
