"""Apps."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of, user_of
from portico.control.api.documents import AppChanges, AppDocument, NewApp
from portico.control.callers import Caller
from portico.control.models import App

router = Router(tags=["apps"])


@router.get("/apps", response=list[AppDocument])
def list_apps(request: HttpRequest) -> list[AppDocument]:
    """Those that the caller may open."""
    caller = caller_of(request)
    return [_document(caller, app) for app in caller.apps(App.listed())]


@router.post("/apps", response={201: AppDocument})
def create_app(request: HttpRequest, body: NewApp) -> Status[AppDocument]:
    caller_of(request).new_app(body.name)
    return Status(201, AppDocument.of(App.create(body.name, user_of(request))))


@router.get("/apps/{app}", response=AppDocument)
def show_app(request: HttpRequest, app: str) -> AppDocument:
    caller = caller_of(request)
    return _document(caller, caller.app(app, Verb.OPEN))


@router.patch("/apps/{app}", response=AppDocument)
def change_app(request: HttpRequest, app: str, body: AppChanges) -> AppDocument:
    user, changes = user_of(request), body.model_dump(exclude_unset=True)
    name = changes.pop("name", None)
    found = caller_of(request).app(app, Verb.CONFIGURE if name is None else Verb.OWN)
    with transaction.atomic():
        if name is not None:
            found.rename(name, user)
        found.change_settings(changes, user)
    return AppDocument.of(App.named(found.name))


@router.delete("/apps/{app}", response={204: None})
def destroy_app(request: HttpRequest, app: str) -> Status[None]:
    caller_of(request).app(app, Verb.OWN).destroy(user_of(request))
    return Status(204, None)


def _document(caller: Caller, app: App) -> AppDocument:
    return AppDocument.of(app) if caller.may(Verb.INSPECT, app) else AppDocument.for_viewers(app)
