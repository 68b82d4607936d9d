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
from portico.control.pages.static import style
from portico.control.streams.exchange import PROBLEM, Request, Send, problem, respond
from portico.control.threads import in_database
from portico.errors import PorticoError
from portico.wire import BuildResult, ProcessState

HEADER = "x-portico-app"


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
            {
                "error": situation.error,
                "again": situation.again,
                "soon": situation.soon,
                "style": style(),
            },
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
        return Situation(_unknown(name), 60)
    app = rows[0]
    if app["current"] is None:
        return Situation(_deploying(name), 3) if app["under_way"] else Situation(_empty(name), 15)
    built = BuildResult.model_validate(app["current__build__result"])
    if "web" not in built.processes:
        return Situation(_no_web(name), 60)
    if not wanted(built.processes, built.formation, app["formation"])["web"]:
        return Situation(_stopped(name), 15)
    web = [row for row in rows if (row["processes__name"] or "").startswith("web.")]
    crashed = [row for row in web if row["processes__state"] == ProcessState.CRASHED]
    if crashed and len(crashed) == len(web):
        return Situation(_crashed(name, crashed[0]["processes__last_exit"]), 10)
    return Situation(_starting(name), 2)


def _unknown(name: str) -> PorticoError:
    return PorticoError(
        f"There is no app {name}.",
        "It has been removed.",
        "Choose another app on the first page.",
        status=404,
    )


def _empty(name: str) -> PorticoError:
    return PorticoError(
        f"Nothing has been deployed to {name} yet.",
        "The app has been made, but it has no release.",
        f"In the app's folder, type: portico deploy --app {name}",
        status=503,
    )


def _deploying(name: str) -> PorticoError:
    return PorticoError(
        f"{name} is being deployed for the first time.",
        "Its first release is on the way.",
        "This page looks again by itself.",
        status=503,
    )


def _no_web(name: str) -> PorticoError:
    return PorticoError(
        f"{name} has nothing that answers here.",
        "Its Procfile has no web process.",
        "Add a line `web: COMMAND` to the Procfile and deploy again.",
        status=503,
    )


def _stopped(name: str) -> PorticoError:
    return PorticoError(
        f"{name} is stopped.",
        "It is scaled to zero web processes.",
        f"To start it, type: portico scale {name} web=1",
        status=503,
    )


def _crashed(name: str, last_exit: str | None) -> PorticoError:
    how = f" Last time it {last_exit}." if last_exit else ""
    return PorticoError(
        f"{name} has crashed.",
        f"Its web process ends again and again.{how}",
        f"See what it wrote: portico logs {name}",
        status=503,
    )


def _starting(name: str) -> PorticoError:
    return PorticoError(
        f"{name} is starting.",
        "Its web process does not answer yet.",
        "This page looks again by itself.",
        status=503,
    )


def closed() -> PorticoError:
    """For a web socket, which can be shown no page."""
    return PorticoError(
        "The app does not answer.",
        "None of its processes can take a web socket now.",
        "Connect again in a few seconds.",
        status=503,
    )
