"""Processes, formation, restarts, sessions."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Body, Router, Status
from pydantic import StrictInt

from portico import wire
from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of, user_of
from portico.control.api.documents import (
    NewSession,
    ProcessDocument,
    RestartDocument,
    SessionDocument,
)
from portico.control.figures.latest import latest
from portico.control.models import App, Event
from portico.control.models.formation import formation_of
from portico.control.models.refusals import nothing_released
from portico.control.sessions.broker import broker, new_id

router = Router(tags=["processes"])


@router.get("/apps/{app}/processes", response=list[ProcessDocument])
def list_processes(request: HttpRequest, app: str) -> list[ProcessDocument]:
    found = caller_of(request).app(app, Verb.INSPECT)
    processes = list(found.processes.all())
    releases = found.releases.filter(version__in={p.release for p in processes})
    commands = {
        (release.version, kind): command
        for release in releases.select_related("build")
        for kind, command in release.processes.items()
    }
    figures = latest.of_app(found.pk)
    return [ProcessDocument.of(process, commands, figures) for process in processes]


@router.get("/apps/{app}/formation", response=dict[str, int])
def show_formation(request: HttpRequest, app: str) -> dict[str, int]:
    return _formation(caller_of(request).app(app, Verb.INSPECT))


@router.patch("/apps/{app}/formation", response=dict[str, int])
def scale(request: HttpRequest, app: str, body: Body[dict[str, StrictInt]]) -> dict[str, int]:
    found = caller_of(request).app(app, Verb.OPERATE)
    found.scale(body, user_of(request))
    return _formation(App.named(app))


@router.post("/apps/{app}/restarts", response={202: RestartDocument})
def restart(request: HttpRequest, app: str) -> Status[RestartDocument]:
    found = caller_of(request).app(app, Verb.OPERATE)
    found.restart(user_of(request))
    return Status(202, RestartDocument(generation=found.generation))


@router.post("/apps/{app}/sessions", response={201: SessionDocument})
def open_session(request: HttpRequest, app: str, body: NewSession) -> Status[SessionDocument]:
    """Order a one-off process or a command in a running one; open the web socket at `path`."""
    found = caller_of(request).app(app, Verb.ENTER)
    if found.current is None:
        raise nothing_released(app, "entered")
    session = wire.Session(id=new_id(), **body.model_dump())
    broker.book(found.pk, session)
    # The program alone: what follows it may be a secret, and the trail is for all to read.
    Event.log(found, user_of(request).username, body.kind, body.command[0][:200])
    path = f"/-/api/v1/apps/{app}/sessions/{session.id}"
    return Status(201, SessionDocument(id=session.id, path=path))


def _formation(app: App) -> dict[str, int]:
    return formation_of(app) if app.current else dict(app.formation)
