"""Whether web lives, and whether it can work."""

from __future__ import annotations

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from portico.control.models import PlanClock

log = logging.getLogger(__name__)


def alive(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the database."""
    return HttpResponse("alive\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    try:
        PlanClock.now()
    except DatabaseError:
        log.exception("The database does not answer")  # its words name hosts and users
        text = "The database does not answer; web's log says more.\n"
        return HttpResponse(text, content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
