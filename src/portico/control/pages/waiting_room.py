"""What viewers get while no process of an app can answer: a page that looks again by itself, or a
problem document. The router sends them here and names the app in a header of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from portico.control.models import App
from portico.control.models.formation import wanted
from portico.control.streams.exchange import PROBLEM, Request, Send, problem, respond
from portico.control.threads import in_database
from portico.errors import PorticoError
from portico.wire import BuildResult, ProcessState

HEADER = "x-portico-app"
# When to ask again, the status, and what happened, what was found, what to do next.
_SITUATIONS = {
    "unknown": (
        *(60, 404),
        "There is no app {name}.",
        "It has been removed.",
        "Choose another app on the first page.",
    ),
    "empty": (
        *(15, 503),
        "Nothing has been deployed to {name} yet.",
        "The app has been made, but it has no release.",
        "Its owner brings it here, from its folder: portico deploy --app {name}",
    ),
    "deploying": (
        *(3, 503),
        "{name} is being deployed for the first time.",
        "Its first release is on the way.",
        "This page looks again by itself.",
    ),
    "no web": (
        *(60, 503),
        "{name} has nothing that answers here.",
        "Its Procfile has no web process.",
        "Add a line `web: COMMAND` to the Procfile and deploy again.",
    ),
    "stopped": (
        *(15, 503),
        "{name} is stopped.",
        "It is scaled to zero web processes.",
        "Its owner starts it: portico scale {name} web=1",
    ),
    "crashed": (
        *(10, 503),
        "{name} has crashed.",
        "Its web process ends again and again.",
        "Its owner sees why: portico logs {name}",
    ),
    "starting": (
        *(2, 503),
        "{name} is starting.",
        "Its web process does not answer yet.",
        "This page looks again by itself.",
    ),
}


@dataclass(frozen=True)
class Situation:
    """Why an app cannot answer, and after how many seconds to ask again."""

    error: PorticoError
    again: int

    @property
    def soon(self) -> bool:
        """Whether something is under way that will end the waiting."""
        return self.again < 10


async def answer(request: Request, send: Send) -> None:
    """Any method, any path: 503 and when to come back."""
    name = request.headers[HEADER]
    html = "text/html" in request.headers.get("accept", "")
    situation, body = await in_database(_body, name, html=html)
    headers = {
        "content-type": "text/html; charset=utf-8" if html else PROBLEM,
        "cache-control": "no-store",
        "retry-after": str(situation.again),
    }
    if request.method == "HEAD":
        body = b""
    await respond(send, situation.error.status, headers, body)


def _body(name: str, *, html: bool) -> tuple[Situation, bytes]:
    situation = situation_of(name, _facts(name))
    if html:
        page = render_to_string(
            "portico/waiting.html",
            {"error": situation.error, "again": situation.again, "soon": situation.soon},
        )
        return situation, page.encode()
    return situation, json.dumps(problem(situation.error)).encode()


def _facts(name: str) -> Sequence[Mapping[str, Any]]:
    """One query: a row per reported process, each with the app's own facts."""
    rows = App.objects.filter(name=name).values(
        "formation",
        "under_way",
        "current",
        "current__build__result",
        "processes__name",
        "processes__state",
        "processes__last_exit",
    )
    return list(rows)


def situation_of(name: str, rows: Sequence[Mapping[str, Any]]) -> Situation:
    if not rows:
        return _situation("unknown", name)
    app = rows[0]
    if app["current"] is None:
        return _situation("deploying" if app["under_way"] else "empty", name)
    built = BuildResult.model_validate(app["current__build__result"])
    if "web" not in built.processes:
        return _situation("no web", name)
    if not wanted(built.processes, built.formation, app["formation"])["web"]:
        return _situation("stopped", name)
    web = [row for row in rows if (row["processes__name"] or "").startswith("web.")]
    crashed = [row for row in web if row["processes__state"] == ProcessState.CRASHED]
    if crashed and len(crashed) == len(web):
        last = crashed[0]["processes__last_exit"]
        return _situation("crashed", name, f" Last time it {last}." if last else "")
    return _situation("starting", name)


def _situation(kind: str, name: str, more: str = "") -> Situation:
    again, status, *parts = _SITUATIONS[kind]
    title, detail, hint = (part.format(name=name) for part in parts)
    return Situation(PorticoError(title, detail + more, hint, status=status), again)


def closed() -> PorticoError:
    """For a web socket, which can be shown no page."""
    return PorticoError(
        "The app does not answer.",
        "None of its processes can take a web socket now.",
        "Connect again in a few seconds.",
        status=503,
    )
