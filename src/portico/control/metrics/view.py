"""The page itself, for administrators and for tokens that are made for it."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

import portico
from portico.control import callers
from portico.control.access.deciding import Verb
from portico.control.callers import Caller, bearer, unauthorized
from portico.control.metrics.facts import app_facts, platform_facts
from portico.control.metrics.families import of_apps, of_platform

_web = ProcessCollector(registry=None)  # `process_...`: web's own


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    _caller(request).require(Verb.READ_METRICS)
    return HttpResponse(
        generate_latest(_Told()),
        content_type=CONTENT_TYPE_PLAIN_0_0_4,
        headers={"Cache-Control": "no-store"},
    )


class _Told:
    """In the place of a registry: what is told is looked up for each answer."""

    def collect(self) -> Iterator[Metric]:
        apps = app_facts()
        yield from of_platform(platform_facts(portico.__version__), apps)
        yield from of_apps(apps)
        yield from _web.collect()


def _caller(request: HttpRequest) -> Caller:
    """By the token that came along, else by the browser's session."""
    header = request.headers.get("Authorization", "")
    caller = callers.by_token(bearer(header)) if header else callers.by_session(request)
    if caller is None:
        raise unauthorized(given=False)
    return caller
