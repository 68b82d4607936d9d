"""A tab of the App Manager: what it shows of an app, and what its forms do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from portico.control import instance
from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.models import App
from portico.control.pages.acting import Done, act, gone_on
from portico.control.pages.visiting import View, signed_in
from portico.control.state import state_of
from portico.errors import PorticoError

# What a form asks for; it gets the app's name, and from the caller the app for what it does.
Action = Callable[[Caller, str, HttpRequest], Done]


@dataclass(frozen=True)
class Tab:
    """`path` is its part of the address, '' for the first one, and with `manage/` its template."""

    path: str
    title: str
    shows: Callable[[App, QueryDict], Mapping[str, Any]]
    actions: Mapping[str, Action] = field(default_factory=dict)
    verb: Verb = Verb.INSPECT

    @property
    def url_name(self) -> str:
        return f"manage_{self.path}" if self.path else "manage"

    @property
    def template(self) -> str:
        return f"manage/{self.path or 'overview'}.html"


def view_of(tab: Tab, tabs: tuple[Tab, ...]) -> View[[str]]:
    @signed_in
    def view(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
        app = caller.app(name, tab.verb)
        if request.method != "POST":
            return _shown(request, caller, app, tab, tabs)
        try:
            done = act(request, tab.actions, caller, name, request)
        except PorticoError as error:
            # What was refused may have been half of a transaction: the app is read again.
            return _shown(request, caller, App.named(name), tab, tabs, error)
        if done.once:
            return _shown(request, caller, App.named(name), tab, tabs, done=done)
        return gone_on(request, done, reverse(tab.url_name, args=[name]))

    return view


def _shown(
    request: HttpRequest,
    caller: Caller,
    app: App,
    tab: Tab,
    tabs: tuple[Tab, ...],
    error: PorticoError | None = None,
    done: Done | None = None,
) -> HttpResponse:
    posted = request.POST if error else {}
    context = {"posted": posted, "done": done, **tab.shows(app, request.GET)}
    return answered(request, caller, app, tab, tabs, tab.template, context, error)


def answered(
    request: HttpRequest,
    caller: Caller,
    app: App,
    tab: Tab,
    tabs: tuple[Tab, ...],
    template: str,
    context: Mapping[str, Any],
    error: PorticoError | None = None,
) -> HttpResponse:
    """A page in the frame that all of an app's have; `tab` is the one that it belongs to."""
    prefetch_related_objects([app], "shares")  # each question of who may do what reads them
    frame = {
        "app": app,
        "state": state_of(app),
        "url": instance.app_url(app.name),
        "tabs": [
            (reverse(each.url_name, args=[app.name]), each.title, each is tab)
            for each in tabs
            if caller.may(each.verb, app)
        ],
        "may": {verb.name.lower(): caller.may(verb, app) for verb in Verb},
        "error": error,
    }
    return render(request, template, {**frame, **context}, status=error.status if error else 200)
