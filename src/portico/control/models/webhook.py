"""Addresses that an app's notices are posted to. Their verbs are here; each is one of the app's."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone

from portico.control.bell import NOTICES, bell
from portico.control.encryption.field import EncryptedField
from portico.control.models.app import App, verb
from portico.control.models.event import Event
from portico.control.models.notice import TEST, Delivery, Notice, NoticeKind
from portico.errors import PorticoError
from portico.wire import Problem

MOST = 10
LONGEST = 2000
PREFIX = "whsec_"  # as Standard Webhooks has it


class Webhook(models.Model):
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="webhooks")
    # Both may open a door: many services put a token into the address.
    url = EncryptedField()
    secret = EncryptedField()
    kinds = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(null=True, help_text="when it was last tried")
    last_result = models.TextField(blank=True, help_text="in words")
    last_good = models.BooleanField(null=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @property
    def host(self) -> str:
        """What may be said of where it leads."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def note(self, result: str, *, good: bool) -> None:
        """Of a try; no encrypted field is written."""
        Webhook.objects.filter(pk=self.pk).update(
            last_at=timezone.now(), last_result=result[:500], last_good=good
        )


@verb
def add_webhook(app: App, url: str, kinds: Sequence[str], user: User) -> Webhook:
    """Its secret is new, and shown by whoever calls this, once."""
    check_url(url)
    chosen = check_kinds(kinds)
    if app.webhooks.count() >= MOST:
        raise _too_many(app)
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    made = Webhook.objects.create(app=app, url=url, secret=secret, kinds=chosen)
    Event.log(app, user.username, "add webhook", f"{made.pk} {made.host}: {', '.join(chosen)}")
    return made


@verb
def remove_webhook(app: App, number: int, user: User) -> None:
    """With what is on its way there."""
    found = webhook_of(app, number)
    Event.log(app, user.username, "remove webhook", f"{found.pk} {found.host}")
    found.delete()


@verb
def test_webhook(app: App, number: int, user: User) -> None:
    """Send it something, which counts against nothing."""
    found = webhook_of(app, number)
    now = timezone.now()
    problem = Problem(
        title=f"This is a test of {app.name}'s notices.",
        detail=f"{user.username} has asked for it.",
        hint="There is nothing to do.",
    )
    notice = Notice.objects.create(
        app=app, kind=TEST, problem=problem.model_dump(), due_at=now, sent_at=now
    )
    Delivery.objects.create(notice=notice, webhook=found, due_at=now)
    Event.log(app, user.username, "test webhook", f"{found.pk} {found.host}")
    transaction.on_commit(lambda: bell.ring(NOTICES))


def webhook_of(app: App, number: int) -> Webhook:
    found: Webhook | None = app.webhooks.filter(pk=number).first()
    if found is None:
        raise PorticoError(
            f"There is no webhook {number}.",
            f"{app.name} has none of that number.",
            f"See which there are: portico notices {app.name}",
            status=404,
        )
    return found


def check_kinds(kinds: Sequence[str]) -> list[str]:
    """In their order, all when none is named; or a PorticoError."""
    for kind in kinds:
        if kind not in NoticeKind.values:
            raise PorticoError(
                f"There is no notice '{kind[:40]}'.",
                f"There are: {', '.join(NoticeKind.values)}.",
                "Choose of those; without any all are sent.",
            )
    return [kind for kind in NoticeKind.values if kind in kinds or not kinds]


def check_url(url: str) -> None:
    """Raise a PorticoError for what can be no webhook. Where it leads is judged at each try."""
    if problem := _fault(url):
        raise PorticoError(
            "This address cannot be a webhook.",
            problem,
            "Give one like https://example.org/path, as the service that takes it shows it.",
        )


def _fault(url: str) -> str:
    if len(url) > LONGEST:
        return f"It has more than {LONGEST} characters."
    if not url.isascii() or any(not " " < character <= "~" for character in url):
        return "It holds a space, a control character or one that is not ASCII."
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "It does not begin with http:// or https:// and a host."
    return "It holds a user's name or password." if "@" in parts.netloc else ""


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no number
    except ValueError:
        return None
    return parts


def _too_many(app: App) -> PorticoError:
    return PorticoError(
        f"{app.name} has {MOST} webhooks already.",
        "An app has no more than that.",
        f"Remove one first: portico notices {app.name} remove ID",
        status=409,
    )
