"""Apps."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from portico.control.api.access import user_of
from portico.control.api.documents import AppChanges, AppDocument, NewApp
from portico.control.models import App

router = Router(tags=["apps"])


@router.get("/apps", response=list[AppDocument])
def list_apps(request: HttpRequest) -> list[AppDocument]:
    apps = App.objects.select_related("current__build", "under_way__release__build")
    return [AppDocument.of(app) for app in apps.prefetch_related("processes")]


@router.post("/apps", response={201: AppDocument})
def create_app(request: HttpRequest, body: NewApp) -> Status[AppDocument]:
    return Status(201, AppDocument.of(App.create(body.name, user_of(request))))


@router.get("/apps/{app}", response=AppDocument)
def show_app(request: HttpRequest, app: str) -> AppDocument:
    return AppDocument.of(App.named(app))


@router.patch("/apps/{app}", response=AppDocument)
def change_app(request: HttpRequest, app: str, body: AppChanges) -> AppDocument:
    found, user = App.named(app), user_of(request)
    changes = body.model_dump(exclude_unset=True)
    name = changes.pop("name", None)
    with transaction.atomic():
        if name is not None:
            found.rename(name, user)
        found.change_settings(changes, user)
    return AppDocument.of(App.named(found.name))


@router.delete("/apps/{app}", response={204: None})
def destroy_app(request: HttpRequest, app: str) -> Status[None]:
    App.named(app).destroy(user_of(request))
    return Status(204, None)
