"""Visits: what lets a browser into one app while its session lasts. The cookie `portico_viewer`
holds a visit's token; here is its hash alone."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from portico.control.questions import Question, Slot

if TYPE_CHECKING:
    from portico.control.models.app import App

KEPT = 5  # of one session to one app; a browser's tabs may come at the same moment


class Visit(models.Model):
    digest = models.CharField(max_length=64, unique=True)
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # Signing out, a new password and the session's age end it by this.
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    auth_hash = models.CharField(max_length=128, help_text="other after a change of password")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user} at {self.app}"

    @classmethod
    def begin(cls, app: App, user: User, session: str, expires_at: datetime) -> str:
        """The token of a new visit, which is nowhere to be found again."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(
            digest=_digest(token),
            app=app,
            user=user,
            session_id=session,
            auth_hash=user.get_session_auth_hash(),
            expires_at=expires_at,
        )
        of_this = cls.objects.filter(app=app, session_id=session).order_by("-id")
        cls.objects.filter(pk__in=list(of_this.values_list("pk", flat=True)[KEPT:])).delete()
        return token

    @classmethod
    def of(cls, app_id: int, tokens: Sequence[str]) -> Visit | None:
        """The visit to this app that one of the tokens belongs to, if it lasts."""
        now = timezone.now()
        found = (_LASTING.first(app=app_id, digest=_digest(token), now=now) for token in tokens)
        return next((visit for visit in found if visit and visit.is_good), None)

    @property
    def is_good(self) -> bool:
        """Whether the person still has the password that the session began with."""
        return constant_time_compare(self.auth_hash, self.user.get_session_auth_hash())

    @classmethod
    def forget_old(cls) -> None:
        cls.objects.filter(expires_at__lte=timezone.now()).delete()


_LASTING = Question(
    lambda: Visit.objects.select_related("user__profile").filter(
        app=Slot("app", models.BigIntegerField()),
        digest=Slot("digest", models.TextField()),
        expires_at__gt=Slot("now", models.DateTimeField()),
        session__expire_date__gt=Slot("now", models.DateTimeField()),
        user__is_active=True,
    )
)


def _digest(token: str) -> str:
    # No salt and no slow hash: it is 256 random bits, there is nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()
