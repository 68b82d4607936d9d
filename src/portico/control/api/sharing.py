"""Who may open an app, and who may do more."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of, user_of
from portico.control.api.people_documents import AccessChanges, AccessDocument
from portico.control.models import App
from portico.control.models.share import Changes, verb_for

router = Router(tags=["access"])


@router.get("/apps/{app}/access", response=AccessDocument)
def show_access(request: HttpRequest, app: str) -> AccessDocument:
    return AccessDocument.of(caller_of(request).app(app, Verb.INSPECT))


@router.patch("/apps/{app}/access", response=AccessDocument)
def change_access(request: HttpRequest, app: str, body: AccessChanges) -> AccessDocument:
    """`viewers` and `co_owners` are added, `remove` takes either. Co-owners are the owner's."""
    changes, caller = Changes(**body.model_dump()), caller_of(request)
    needed = verb_for(caller.app(app, Verb.SHARE), changes)
    caller.app(app, needed).change_access(changes, user_of(request))
    return AccessDocument.of(App.named(app))
