"""Bearer tokens: kept as hashes, shown once."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from portico.control.access.scopes import Scope
from portico.control.models import refusals
from portico.control.models.event import Event
from portico.control.questions import Question, Slot

if TYPE_CHECKING:
    from portico.control.models.app import App

USE_IS_NOTED_AFTER = timedelta(minutes=1)

log = logging.getLogger(__name__)


class Token(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    # One that is good for one app is gone with it, or it would become good for all.
    app = models.ForeignKey("control.App", null=True, on_delete=models.CASCADE, related_name="+")
    read_only = models.BooleanField(default=False)
    metrics = models.BooleanField(default=False, help_text="good for them alone")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True, help_text="to the minute")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name

    @classmethod
    @transaction.atomic
    def issue(
        cls,
        user: User,
        name: str,
        *,
        app: App | None = None,
        read_only: bool = False,
        metrics: bool = False,
        days: int | None = None,
        by: User | None = None,
    ) -> str:
        """Make a token; its text is nowhere to be found again."""
        if app and metrics:
            raise refusals.metrics_of_one(app.name)
        # The prefix lets secret scanners recognise a token that was committed by mistake.
        text = f"portico_{secrets.token_urlsafe(32)}"
        made = cls.objects.create(
            user=user,
            name=name,
            digest=_digest(text),
            app=app,
            read_only=read_only,
            metrics=metrics,
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        Event.log_of_server((by or user).username, "token", f"{made.pk} {name} for {user.username}")
        return text

    @classmethod
    def of(cls, text: str) -> Token | None:
        """The token with this text, when its user is good; it may have expired."""
        return _GOOD.first(digest=_digest(text))

    @property
    def scope(self) -> Scope:
        return Scope(self.app_id, self.read_only, self.metrics)

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def note_use(self) -> None:
        """Not at each request, and not at the price of one: a full disk refuses nobody."""
        now = timezone.now()
        if _is_recent(self.last_used_at, now):
            return
        try:
            Token.objects.filter(pk=self.pk).update(last_used_at=now)
        except DatabaseError:
            log.warning("The use of token %s could not be noted", self.pk)

    @transaction.atomic
    def revoke(self, by: User) -> None:
        """It is good for nothing from now on."""
        Event.log_of_server(by.username, "revoke", f"{self.pk} {self.name} of {self.user.username}")
        self.delete()

    @classmethod
    def numbered(cls, number: int, *, among: models.QuerySet[Token]) -> Token:
        """The one with that id, or a PorticoError."""
        found = among.filter(pk=number).first()
        if found is None:
            raise refusals.no_token(number)
        return found


_GOOD = Question(
    lambda: Token.objects.select_related("user__profile").filter(
        digest=Slot("digest", models.TextField()), user__is_active=True
    )
)


def _is_recent(used: datetime | None, now: datetime) -> bool:
    return used is not None and now - used < USE_IS_NOTED_AFTER


def _digest(text: str) -> str:
    # No salt and no slow hash: a token is 256 random bits, there is nothing to guess.
    return hashlib.sha256(text.encode()).hexdigest()
