"""The server itself, and its event trail."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

import portico
from portico.control import mail
from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of
from portico.control.api.documents import Body, EventDocument, ServerDocument, WhoamiDocument
from portico.control.models import App, Event
from portico.control.models.person import role_of

router = Router(tags=["server"])
NoNul = Annotated[str, Field(pattern=r"^[^\x00]*$")]


@router.get("/", response=ServerDocument, auth=None)
def about(request: HttpRequest) -> ServerDocument:
    return ServerDocument(name="Portico", version=portico.__version__, api="v1")


class TestMail(Body):
    address: NoNul


@router.post("/server/test-mails", response={204: None})
def send_test_mail(request: HttpRequest, body: TestMail) -> Status[None]:
    """204: the mail server has taken it; 502 in its words: it has not."""
    caller = caller_of(request)
    caller.require(Verb.ADMINISTER)
    mail.send_test(body.address, caller.user.username)
    return Status(204, None)


@router.get("/whoami", response=WhoamiDocument)
def whoami(request: HttpRequest) -> WhoamiDocument:
    caller = caller_of(request)
    only = caller.scope.app
    app = App.objects.filter(pk=only).first() if only is not None else None
    return WhoamiDocument(
        user=caller.user.username,
        role=role_of(caller.user),
        token=caller.token,
        app=app.name if app else None,
        read_only=caller.scope.read_only,
        metrics=caller.scope.metrics,
        expires_at=caller.expires_at,
    )


@router.get("/events", response=list[EventDocument])
def list_events(
    request: HttpRequest,
    app: NoNul = "",
    user: NoNul = "",
    verb: NoNul = "",
    origin: NoNul = "",
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> list[EventDocument]:
    """Newest first, of the apps that the caller may look into; administrators see all, and they
    alone from where. `origin`: an address, or a part of a way such as `git`."""
    caller = caller_of(request)
    if origin:
        caller.require(Verb.ADMINISTER)
    everything = caller.may(Verb.ADMINISTER)
    events = Event.come_from(origin)
    if not everything:
        known = caller.apps(App.objects.all(), Verb.INSPECT)
        events = events.filter(app_id__in=[one.pk for one in known])
    wanted = {"app": app, "user": user, "verb": verb}
    events = events.filter(**{name: value for name, value in wanted.items() if value})
    return [EventDocument.of(event, with_origin=everything) for event in events[:limit]]
