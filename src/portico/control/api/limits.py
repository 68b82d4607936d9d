"""What the processes of an app may use."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Body, Router, Schema
from pydantic import StrictFloat, StrictInt

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of, user_of
from portico.control.models import App
from portico.control.models.limits import limits_of, not_enforced, types_of
from portico.limits import Value

router = Router(tags=["limits"])


class LimitsDocument(Schema):
    """`limits` by process type, `own`: what of them the author has said."""

    limits: dict[str, dict[str, Value]]
    own: dict[str, dict[str, Value]]
    not_enforced: list[str]
    restarts: bool = False

    @classmethod
    def of(cls, app: App, *, restarts: bool = False) -> LimitsDocument:
        return cls(
            limits={kind: limits_of(app, kind) for kind in types_of(app)},
            own=app.limits,
            not_enforced=not_enforced(),
            restarts=restarts,
        )


@router.get("/apps/{app}/limits", response=LimitsDocument)
def show_limits(request: HttpRequest, app: str) -> LimitsDocument:
    return LimitsDocument.of(caller_of(request).app(app, Verb.INSPECT))


@router.patch("/apps/{app}/limits", response=LimitsDocument)
def change_limits(
    request: HttpRequest,
    app: str,
    body: Body[dict[str, dict[str, StrictInt | StrictFloat | None]]],
) -> LimitsDocument:
    found = caller_of(request).app(app, Verb.OPERATE)
    restarts = found.limit(body, user_of(request))
    return LimitsDocument.of(App.named(app), restarts=restarts)
