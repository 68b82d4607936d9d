"""How an app is, at a glance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, QueryDict

from portico.control import instance
from portico.control.access.deciding import Part, Verb
from portico.control.callers import Caller
from portico.control.figures.latest import latest
from portico.control.manage.charts import charts_of
from portico.control.manage.tab import Tab
from portico.control.models import App, Event
from portico.control.models.share import shares_of
from portico.control.pages.acting import Done
from portico.figures import ProcessFigures
from portico.limits import amount

EVENTS = 8


def shows(app: App, query: QueryDict) -> dict[str, Any]:
    last = app.deploys.select_related("release").first()
    return {
        "git_url": instance.git_url(app.name),
        "server": instance.server().public_url,
        "last": last,
        "figures": charts_of(app, query),
        "processes": _processes(app),
        "events": Event.objects.filter(app_id=app.pk)[:EVENTS],
        "co_owners": shares_of(app, Part.CO_OWNER),
    }


def _processes(app: App) -> list[dict[str, Any]]:
    figures = latest.of_app(app.pk)
    return [
        {
            "process": each,
            "since": datetime.fromtimestamp(each.since, UTC),
            "used": _used(figures.get(each.handle)),
        }
        for each in app.processes.all()
    ]


def _used(figures: ProcessFigures | None) -> dict[str, str]:
    """In words; what nobody counts is absent."""
    if figures is None:
        return {}
    said = {}
    if figures.cpu is not None:
        said["cpu"] = f"{figures.cpu:.0%}"
    if figures.memory is not None:
        most = f" of {amount(figures.memory_limit)}" if figures.memory_limit else ""
        said["memory"] = f"{amount(figures.memory)}{most}"
    return said


def restart(caller: Caller, name: str, _: HttpRequest) -> Done:
    caller.app(name, Verb.OPERATE).restart(caller.user)
    return Done("Its processes are being replaced by new ones, without a pause.")


TAB = Tab("", "Overview", shows, {"restart": restart})
