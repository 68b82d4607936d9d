"""Webhooks of apps, and which notices a person has by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field, StringConstraints

from portico.control import mail
from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of, user_of
from portico.control.api.documents import Body
from portico.control.models.notice import NoticeKind, wish_kinds, wished_kinds
from portico.control.models.webhook import (
    Webhook,
    add_webhook,
    check_kinds,
    remove_webhook,
    test_webhook,
)

router = Router(tags=["notices"])
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=3000)]


class WebhookDocument(Schema):
    id: int
    url: str
    kinds: list[str]
    created_at: datetime
    last_at: datetime | None
    last_result: str
    last_good: bool | None

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        return cls(**{name: getattr(webhook, name) for name in cls.model_fields})


class NewWebhookDocument(WebhookDocument):
    secret: str


class NewWebhook(Body):
    """Without `kinds`: all."""

    url: Text
    kinds: list[Text] = Field(default=[], max_length=20)


class MailDocument(Schema):
    """`address` is null for who has confirmed none, `sent` tells whether the server sends mail."""

    kinds: list[str]
    every: list[str]
    address: str | None
    sent: bool


class MailChoice(Body):
    kinds: list[Text] = Field(max_length=20)


@router.get("/apps/{app}/webhooks", response=list[WebhookDocument])
def list_webhooks(request: HttpRequest, app: str) -> list[WebhookDocument]:
    found = caller_of(request).app(app, Verb.READ_CONFIG)
    return [WebhookDocument.of(webhook) for webhook in found.webhooks.all()]


@router.post("/apps/{app}/webhooks", response={201: NewWebhookDocument})
def create_webhook(request: HttpRequest, app: str, body: NewWebhook) -> Status[NewWebhookDocument]:
    """The only answer that holds its secret."""
    found = caller_of(request).app(app, Verb.CONFIGURE)
    made = add_webhook(found, body.url, body.kinds, user_of(request))
    return Status(201, NewWebhookDocument.of(made))


@router.delete("/apps/{app}/webhooks/{int:webhook}", response={204: None})
def delete_webhook(request: HttpRequest, app: str, webhook: int) -> Status[None]:
    found = caller_of(request).app(app, Verb.CONFIGURE)
    remove_webhook(found, webhook, user_of(request))
    return Status(204, None)


@router.post("/apps/{app}/webhooks/{int:webhook}/tests", response={202: None})
def try_webhook(request: HttpRequest, app: str, webhook: int) -> Status[None]:
    """A test is sent beside the request; how it went stands in the webhook's `last_result`."""
    found = caller_of(request).app(app, Verb.CONFIGURE)
    test_webhook(found, webhook, user_of(request))
    return Status(202, None)


@router.get("/notices", response=MailDocument)
def show_mail(request: HttpRequest) -> MailDocument:
    """The caller's own."""
    user = user_of(request)
    return MailDocument(
        kinds=wished_kinds(user),
        every=NoticeKind.values,
        address=mail.users_address(user) or None,
        sent=mail.is_set_up(),
    )


@router.put("/notices", response=MailDocument)
def choose_mail(request: HttpRequest, body: MailChoice) -> MailDocument:
    caller = caller_of(request)
    caller.require(Verb.CHOOSE_NOTICES)
    wish_kinds(caller.user, check_kinds(body.kinds) if body.kinds else [])
    return show_mail(request)
