"""A new app from the browser, and the exact commands that bring code into it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portico.control import instance
from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.models import App
from portico.control.pages.visiting import signed_in
from portico.errors import PorticoError


@signed_in
def new(request: HttpRequest, caller: Caller) -> HttpResponse:
    caller.require(Verb.CREATE)
    if request.method != "POST":
        return _asked(request)
    name = request.POST.get("name", "").strip()
    try:
        caller.new_app(name)
        App.create(name, caller.user)
    except PorticoError as error:
        return _asked(request, error=error, name=name)
    return redirect("manage", name)


def _asked(request: HttpRequest, **context: Any) -> HttpResponse:
    error = context.get("error")
    context |= {"server": instance.server().public_url}
    return render(request, "manage/new.html", context, status=error.status if error else 200)
