"""A page of the administration: what it shows, and what its forms do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.pages.acting import Done, act, gone_on
from portico.control.pages.visiting import View, signed_in
from portico.errors import PorticoError

# What a form asks for, with its fields.
Action = Callable[[Caller, QueryDict], Done]


@dataclass(frozen=True)
class Section:
    """`path` is its part of the address and, with `administration/`, its template."""

    path: str
    title: str
    shows: Callable[[QueryDict], Mapping[str, Any]]
    actions: Mapping[str, Action] = field(default_factory=dict)

    @property
    def url_name(self) -> str:
        return f"administration_{self.path}"


def view_of(section: Section, sections: tuple[Section, ...]) -> View[[]]:
    @signed_in
    def view(request: HttpRequest, caller: Caller) -> HttpResponse:
        caller.require(Verb.ADMINISTER)
        if request.method != "POST":
            return _shown(request, section, sections)
        try:
            done = act(request, section.actions, caller, request.POST)
        except PorticoError as error:
            return _shown(request, section, sections, error)
        return gone_on(request, done, request.get_full_path())

    return view


def _shown(
    request: HttpRequest,
    section: Section,
    sections: tuple[Section, ...],
    error: PorticoError | None = None,
) -> HttpResponse:
    context = {
        "section": section,
        "tabs": [(reverse(each.url_name), each.title, each is section) for each in sections],
        "error": error,
        "posted": request.POST if error else {},
        **section.shows(request.GET),
    }
    template = f"administration/{section.path}.html"
    return render(request, template, context, status=error.status if error else 200)
