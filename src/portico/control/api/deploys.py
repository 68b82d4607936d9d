"""Deploys. Uploads and logs stream, so they are beside Django, in `streams`."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of, user_of
from portico.control.api.documents import DeployDocument
from portico.control.models import App, Deploy
from portico.control.models.refusals import no_deploy

router = Router(tags=["deploys"])
NEWEST = 200


@router.get("/apps/{app}/deploys", response=list[DeployDocument])
def list_deploys(request: HttpRequest, app: str) -> list[DeployDocument]:
    """Newest first, at most 200."""
    found = caller_of(request).app(app, Verb.INSPECT)
    deploys = found.deploys.select_related("app", "release")[:NEWEST]
    return [DeployDocument.of(deploy) for deploy in deploys]


@router.get("/apps/{app}/deploys/{int:deploy}", response=DeployDocument)
def show_deploy(request: HttpRequest, app: str, deploy: int) -> DeployDocument:
    return DeployDocument.of(_deploy(caller_of(request).app(app, Verb.INSPECT), deploy))


@router.delete("/apps/{app}/deploys/{int:deploy}", response={202: DeployDocument})
def cancel_deploy(request: HttpRequest, app: str, deploy: int) -> Status[DeployDocument]:
    """Cancelled at once while it waits, else as soon as the agent has stopped it."""
    found = caller_of(request).app(app, Verb.DEPLOY)
    _deploy(found, deploy)
    return Status(202, DeployDocument.of(found.cancel(deploy, user_of(request))))


def _deploy(app: App, number: int) -> Deploy:
    deploy = app.deploys.select_related("app", "release").filter(pk=number).first()
    if deploy is None:
        raise no_deploy(app.name, number)
    return deploy
