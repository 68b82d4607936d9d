"""The REST API: its routers, and errors as problem documents."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

import portico
from portico.control.api import (
    apps,
    deploys,
    examination,
    figures,
    limits,
    log_drains,
    logins,
    notices,
    people,
    processes,
    releases,
    server,
    sharing,
    tokens,
)
from portico.control.api.access import BearerToken, BrowserSession
from portico.control.api.documents import RefusalDocument
from portico.control.api.streaming import PATHS, REFUSED
from portico.control.callers import unauthorized
from portico.control.streams.exchange import PROBLEM, challenge, not_found, problem, unexpected
from portico.errors import PorticoError

log = logging.getLogger(__name__)


class PorticoAPI(NinjaAPI):
    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> OpenAPISchema:
        """Ninja's document, with the calls that are answered beside Django, and with what any of
        them may answer instead."""
        schema = super().get_openapi_schema(*args, **kwargs)
        for path, operations in PATHS.items():
            schema["paths"].setdefault(f"/-/api/v1{path}", {}).update(operations)
        schema["components"]["schemas"]["RefusalDocument"] = RefusalDocument.model_json_schema()
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].setdefault("default", REFUSED)
        return schema


api = PorticoAPI(
    title="Portico",
    version=portico.__version__,
    description="Errors are problem documents: `title`, `status`, `detail`, `hint`.",
    urls_namespace="api",
    auth=[BearerToken(), BrowserSession()],
)
for part in (
    *(server, examination, logins, apps, sharing, deploys, processes, limits, log_drains, figures),
    *(releases, notices, tokens, people),
):
    api.add_router("", part.router)


def problem_response(error: PorticoError) -> HttpResponse:
    return HttpResponse(
        json.dumps(problem(error)),
        status=error.status,
        content_type=PROBLEM,
        headers=challenge(error),
    )


@api.exception_handler(PorticoError)
def _explained(request: HttpRequest, error: PorticoError) -> HttpResponse:
    return problem_response(error)


@api.exception_handler(AuthenticationError)
def _no_token(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem_response(unauthorized(given=False))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    found = "; ".join(f"{_place(one['loc'])}: {one['msg']}" for one in error.errors)
    hint = "Correct what is named; /-/api/v1/docs shows what each call takes."
    return problem_response(
        PorticoError("The request was not understood.", f"{found}.", hint, status=422)
    )


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    hint = "/-/api/v1/docs shows what each call takes."
    return problem_response(
        PorticoError("The request was not understood.", f"{error}.", hint, status=error.status_code)
    )


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem_response(not_found(request.path))


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem_response(unexpected(error))


def _place(loc: Any) -> str:
    """Where in the request, without ninja's own names for its parts."""
    parts = [str(part) for part in loc if part not in ("body", "query", "path")]
    return ".".join(parts) or "the body"
