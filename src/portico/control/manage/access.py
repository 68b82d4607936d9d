"""Who may open the app, and who may do more."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict

from portico.control import instance
from portico.control.access.deciding import Part, Verb, Viewing
from portico.control.callers import Caller
from portico.control.manage.tab import Tab
from portico.control.models import App
from portico.control.models.share import Changes, shares_of, verb_for
from portico.control.pages.acting import Done
from portico.errors import PorticoError

WAYS = (
    (Viewing.RESTRICTED, "Restricted", "Its owner, its co-owners and the viewers below."),
    (Viewing.SIGNED_IN, "Signed in", "Whoever has an account on this server."),
    (Viewing.PUBLIC, "Public", "Everybody who reaches this server, without signing in."),
)


def shows(app: App, _: QueryDict) -> dict[str, Any]:
    return {
        "ways": WAYS,
        "public_apps": instance.server().public_apps,
        "co_owners": shares_of(app, Part.CO_OWNER),
        "viewers": shares_of(app, Part.VIEWER),
    }


def choose(caller: Caller, name: str, request: HttpRequest) -> Done:
    wanted = request.POST.get("access", "")
    if wanted not in set(Viewing):
        raise _not_understood(wanted)
    _change(caller, name, Changes(access=Viewing(wanted)))
    return Done(f"{name} is {wanted} now; everywhere within 30 seconds.")


def add(caller: Caller, name: str, request: HttpRequest) -> Done:
    who, part = request.POST.get("who", "").strip(), request.POST.get("part", "")
    if part not in {Part.VIEWER, Part.CO_OWNER}:
        raise _not_understood(part)
    changes = Changes(viewers=[who]) if part == Part.VIEWER else Changes(co_owners=[who])
    _change(caller, name, changes)
    return Done(f"{who} is a {part} of {name} now.")


def remove(caller: Caller, name: str, request: HttpRequest) -> Done:
    who = request.POST.get("who", "")
    _change(caller, name, Changes(remove=[who]))
    return Done(f"{who} is removed from {name}; what they have open ends within 30 seconds.")


def _change(caller: Caller, name: str, changes: Changes) -> None:
    needed = verb_for(caller.app(name, Verb.SHARE), changes)
    caller.app(name, needed).change_access(changes, caller.user)


def _not_understood(found: str) -> PorticoError:
    return PorticoError(
        "The request was not understood.",
        f"It asks for '{found[:40]}'.",
        "Choose one of those that the page offers.",
    )


TAB = Tab("access", "Access", shows, {"choose": choose, "add": add, "remove": remove})
