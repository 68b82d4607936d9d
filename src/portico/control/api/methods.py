"""Answers to a method that an address of the API does not have."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portico.control.api.api import problem_response
from portico.control.api.streaming import PATHS
from portico.errors import PorticoError

ROOT = "/-/api/v1"


class MethodsExplained:
    """Middleware. Ninja says it in three words, and knows nothing of what is answered beside it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        known = methods(request, answer) if request.path.startswith(f"{ROOT}/") else set()
        if not known:
            return answer
        explained = problem_response(no_such_method(request, sorted(known)))
        explained["Allow"] = ", ".join(sorted(known))
        return explained


def methods(request: HttpRequest, answer: HttpResponse) -> set[str]:
    """Those that there are instead of one that there is not; none if that is not what is wrong."""
    others = beside(request.path.removeprefix(ROOT))
    if answer.status_code == 405:
        return {*answer["Allow"].split(", "), *others}
    return others if request.resolver_match is None else set()


def beside(path: str) -> set[str]:
    """Methods of a path that are answered beside Django."""
    return {
        method.upper()
        for template, operations in PATHS.items()
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path)
        for method in operations
    }


def no_such_method(request: HttpRequest, known: list[str]) -> PorticoError:
    return PorticoError(
        "This cannot be done at this address.",
        f"{request.method} was asked for; there is {', '.join(known)}.",
        "/-/api/v1/docs shows what each call takes.",
        status=405,
    )
