"""The first page: which apps are there for everybody, and how they are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portico.control import instance
from portico.control.access.deciding import STRANGER
from portico.control.access.facts import visible
from portico.control.models import App
from portico.control.state import state_of


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    rows = [
        {"app": app, "state": state_of(app), "url": instance.app_url(app.name)}
        for app in visible(STRANGER, App.listed())
    ]
    context = {
        "rows": rows,
        "server": instance.server().public_url,
    }
    return render(request, "portico/status.html", context)
