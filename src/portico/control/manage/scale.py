"""How many processes of each type run, and what each may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict

from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.manage.tab import Tab
from portico.control.models import App
from portico.control.models.formation import MOST, formation_of
from portico.control.models.limits import limits_of, not_enforced, types_of
from portico.control.pages.acting import Done
from portico.errors import PorticoError
from portico.limits import DEFAULT, NAMES, parsed, said, written


def shows(app: App, _: QueryDict) -> dict[str, Any]:
    commands = app.current.processes if app.current else {}
    formation = formation_of(app)
    return {
        "most": MOST,
        "types": [
            {"type": kind, "command": commands.get(kind, ""), "count": count}
            for kind, count in sorted(
                formation.items(), key=lambda each: (each[0] != "web", each[0])
            )
        ],
        "limits": [
            (kind, [(name, *_limit(app, kind, name)) for name in NAMES]) for kind in types_of(app)
        ],
        "not_enforced": not_enforced(),
    }


def _limit(app: App, kind: str, name: str) -> tuple[str, str]:
    """What the author has said, as one writes it, and what counts without that."""
    own = app.limits.get(kind, {}).get(name)
    typed = "" if own is None else written(own) if name == "memory" else f"{own:g}"
    return typed, said(name, limits_of(app, kind)[name])


def scale(caller: Caller, name: str, request: HttpRequest) -> Done:
    app = caller.app(name, Verb.OPERATE)
    wanted = {
        kind: _count(kind, request.POST[kind]) for kind in formation_of(app) if kind in request.POST
    }
    app.scale(wanted, caller.user)
    return Done(", ".join(f"{count} x {kind}" for kind, count in wanted.items()) + " from now on.")


def limit(caller: Caller, name: str, request: HttpRequest) -> Done:
    app = caller.app(name, Verb.OPERATE)
    kind = request.POST.get("type", "")
    given = {each: request.POST.get(each, "").strip() for each in NAMES}
    changes = parsed(f"{each}={text or DEFAULT}" for each, text in given.items())
    restarts = app.limit({kind: changes}, caller.user)
    how = "New processes take the place of the old." if restarts else "They count at once."
    return Done(f"The limits of {kind} are changed. {how}")


def _count(kind: str, text: str) -> int:
    if not text.strip().isdecimal() or len(text) > 9:
        raise PorticoError(
            f"The number of processes of '{kind}' was not understood.",
            f"It is '{text[:40]}'.",
            f"Choose a number between 0 and {MOST}.",
        )
    return int(text)


TAB = Tab("scale", "Scale", shows, {"scale": scale, "limit": limit})
