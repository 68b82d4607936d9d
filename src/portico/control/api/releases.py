"""Config vars and releases."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Body, Router, Status

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of, user_of
from portico.control.api.documents import (
    ConfigDocument,
    DeployDocument,
    NewRelease,
    ReleaseDocument,
)
from portico.control.models.config import config_of, secret_names

router = Router(tags=["releases"])
NEWEST = 200


@router.get("/apps/{app}/config", response=dict[str, str])
def show_config(request: HttpRequest, app: str) -> dict[str, str]:
    return config_of(caller_of(request).app(app, Verb.READ_CONFIG))


@router.get("/apps/{app}/config/secrets", response=list[str])
def list_secrets(request: HttpRequest, app: str) -> list[str]:
    """The names of those whose values no log shows."""
    return secret_names(caller_of(request).app(app, Verb.READ_CONFIG))


@router.patch("/apps/{app}/config", response={202: ConfigDocument})
def change_config(
    request: HttpRequest, app: str, body: Body[dict[str, str | None]], secret: bool | None = None
) -> Status[ConfigDocument]:
    """Set vars, or unset those given as null; a release with them is rolled out.

    `secret` says of all of them whether logs may show their values.
    """
    found = caller_of(request).app(app, Verb.CONFIGURE)
    deploy = found.set_config(body, user_of(request), secret)
    document = DeployDocument.of(deploy) if deploy else None
    return Status(202, ConfigDocument(config=config_of(found), deploy=document))


@router.get("/apps/{app}/releases", response=list[ReleaseDocument])
def list_releases(request: HttpRequest, app: str) -> list[ReleaseDocument]:
    """Newest first, at most 200."""
    found = caller_of(request).app(app, Verb.INSPECT)
    releases = found.releases.select_related("build").defer("config")[:NEWEST]
    return [ReleaseDocument.of(release) for release in releases]


@router.post("/apps/{app}/releases", response={202: DeployDocument})
def roll_back(request: HttpRequest, app: str, body: NewRelease) -> Status[DeployDocument]:
    found = caller_of(request).app(app, Verb.DEPLOY)
    deploy = found.rollback(body.rollback_to, user_of(request))
    return Status(202, DeployDocument.of(deploy))
