"""Whether web lives, and whether it can work."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from portico.control.models import PlanClock


def alive(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the database."""
    return HttpResponse("alive\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    try:
        PlanClock.now()
    except DatabaseError as error:
        text = f"The database does not answer: {error}\n"
        return HttpResponse(text, content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
