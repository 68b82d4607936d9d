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
from portico.control.models.card import mark_favourite
from portico.control.portal import pictures

router = Router(tags=["apps"])
A_PICTURE = {
    "requestBody": {
        "required": True,
        "content": {
            f"image/{kind}": {"schema": {"type": "string", "format": "binary"}}
            for kind in ("png", "jpeg", "webp")
        },
    }
}


@router.get("/apps", response=list[AppDocument])
def list_apps(request: HttpRequest) -> list[AppDocument]:
    """Those that the caller may open."""
    caller = caller_of(request)
    apps = App.for_overview().prefetch_related("old_names")
    return [_document(caller, app) for app in caller.apps(apps)]


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
    name, owner = changes.pop("name", None), changes.pop("owner", None)
    needed = Verb.CONFIGURE if name is None and owner is None else Verb.OWN
    found = caller_of(request).app(app, needed)
    with transaction.atomic():
        if owner is not None:
            found.transfer(owner, user)
        if name is not None:
            found.rename(name, user)
        found.change_settings(changes, user)
    return AppDocument.of(App.named(found.name))


@router.put("/apps/{app}/picture", response=AppDocument, openapi_extra=A_PICTURE)
def set_picture(request: HttpRequest, app: str) -> AppDocument:
    """The body is a PNG, JPEG or WebP file."""
    found = caller_of(request).app(app, Verb.CONFIGURE)
    found.set_picture(pictures.remade(request.body), user_of(request))
    return AppDocument.of(App.named(app))


@router.delete("/apps/{app}/picture", response={204: None})
def remove_picture(request: HttpRequest, app: str) -> Status[None]:
    caller_of(request).app(app, Verb.CONFIGURE).set_picture(None, user_of(request))
    return Status(204, None)


@router.put("/apps/{app}/favourite", response={204: None})
def choose_favourite(request: HttpRequest, app: str) -> Status[None]:
    """The caller's own."""
    mark_favourite(caller_of(request).app(app, Verb.OPEN), user_of(request), chosen=True)
    return Status(204, None)


@router.delete("/apps/{app}/favourite", response={204: None})
def leave_favourite(request: HttpRequest, app: str) -> Status[None]:
    mark_favourite(caller_of(request).app(app, Verb.OPEN), user_of(request), chosen=False)
    return Status(204, None)


@router.delete("/apps/{app}", response={204: None})
def destroy_app(request: HttpRequest, app: str) -> Status[None]:
    caller_of(request).app(app, Verb.OWN).destroy(user_of(request))
    return Status(204, None)


def _document(caller: Caller, app: App) -> AppDocument:
    return AppDocument.of(app) if caller.may(Verb.INSPECT, app) else AppDocument.for_viewers(app)
