"""Where an app's log is sent to. What may be secret of it is taken, and never given back."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of, user_of
from portico.control.figures.latest import latest
from portico.control.models import App
from portico.control.models.log_drain import LogDrain
from portico.figures import LogDrainFigures

router = Router(tags=["log drains"])


class NewLogDrain(Schema):
    """`address` is a URL; `headers` are sent along by HTTP."""

    address: str
    headers: dict[str, str] = Field(default_factory=dict)


class LogDrainDocument(Schema):
    """`headers`: their names. `state` is null while nothing is known of it; counts are of lines."""

    id: int
    address: str
    headers: list[str]
    created_at: datetime
    state: str | None
    why: str
    sent: int | None
    lost: int | None

    @classmethod
    def of(cls, drain: LogDrain, seen: LogDrainFigures | None) -> LogDrainDocument:
        return cls(
            id=drain.pk,
            address=drain.shown,
            headers=sorted(drain.headers),
            created_at=drain.created_at,
            state=seen.state if seen else None,
            why=seen.why if seen else "",
            sent=seen.sent if seen else None,
            lost=seen.lost if seen else None,
        )


def documents(app: App) -> list[LogDrainDocument]:
    """An app's drains as they are shown."""
    seen = latest.log_drains(app.pk)
    return [LogDrainDocument.of(drain, seen.get(drain.pk)) for drain in app.log_drains.all()]


@router.get("/apps/{app}/drains", response=list[LogDrainDocument])
def list_log_drains(request: HttpRequest, app: str) -> list[LogDrainDocument]:
    return documents(caller_of(request).app(app, Verb.INSPECT))


@router.post("/apps/{app}/drains", response={201: LogDrainDocument})
def add_log_drain(request: HttpRequest, app: str, body: NewLogDrain) -> Status[LogDrainDocument]:
    found = caller_of(request).app(app, Verb.CONFIGURE)
    drain = found.add_log_drain(body.address, body.headers, user_of(request))
    return Status(201, LogDrainDocument.of(drain, None))


@router.delete("/apps/{app}/drains/{int:drain}", response={204: None})
def remove_log_drain(request: HttpRequest, app: str, drain: int) -> Status[None]:
    caller_of(request).app(app, Verb.CONFIGURE).remove_log_drain(drain, user_of(request))
    return Status(204, None)
