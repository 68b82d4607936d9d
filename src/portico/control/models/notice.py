"""What owners are told of without asking: notices wait here, and their deliveries.

At most one notice of a kind and an app goes out in a while. What comes before the next one may is
folded into one that waits: it tells the newest, and how many there were besides.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from portico.control.bell import NOTICES, bell
from portico.wire import Problem

if TYPE_CHECKING:
    from portico.control.models.app import App

# After a notice there is quiet, for twice as long each time while it goes on.
QUIET = timedelta(hours=1)
LONGEST_QUIET = timedelta(days=1)
KEPT = timedelta(days=30)


class NoticeKind(models.TextChoices):
    DEPLOY_FAILED = "deploy-failed", "A deploy failed"
    APP_CRASHED = "app-crashed", "A process crashes again and again"
    LIMIT_HIT = "limit-hit", "A process was stopped for its memory"


TEST = "test"  # of a webhook, by somebody's wish


class Notice(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    problem = models.JSONField(help_text="wire.Problem")
    about = models.JSONField(default=dict, help_text="deploy or process, and release")
    more = models.PositiveIntegerField(default=0, help_text="of them besides this one")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    quiet = models.DurationField(default=QUIET, help_text="how long the next one waits")
    sent_at = models.DateTimeField(null=True, help_text="when its deliveries were made")

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["sent_at", "due_at"], name="notices_that_wait"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.app}"

    @classmethod
    def tell(cls, app: App, kind: NoticeKind, problem: Problem, **about: Any) -> None:
        """Inside the transaction of what happened, with the app's row locked."""
        now = timezone.now()
        told = {"problem": problem.model_dump(), "about": about, "created_at": now}
        if not cls._waiting(app, kind).update(more=F("more") + 1, **told):
            last = cls.objects.filter(app=app, kind=kind).order_by("-due_at").first()
            due, quiet = paced((last.due_at, last.quiet) if last else None, now)
            cls.objects.create(app=app, kind=kind, due_at=due, quiet=quiet, **told)
        transaction.on_commit(lambda: bell.ring(NOTICES))

    @classmethod
    def _waiting(cls, app: App, kind: str) -> models.QuerySet[Notice]:
        return cls.objects.filter(app=app, kind=kind, sent_at=None)

    @classmethod
    def forget_old(cls) -> None:
        """With their deliveries, also those that nobody could take."""
        cls.objects.filter(sent_at__lt=timezone.now() - KEPT).delete()


def paced(last: tuple[datetime, timedelta] | None, now: datetime) -> tuple[datetime, timedelta]:
    """When the next of its kind goes out, and the quiet after it, by the same two of the last."""
    if last is None:
        return now, QUIET
    due, quiet = last
    if now >= due + 2 * quiet:
        return now, QUIET
    return max(now, due + quiet), min(2 * quiet, LONGEST_QUIET)


class Delivery(models.Model):
    """A notice on its way to one person or one webhook."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey(
        "control.Webhook", null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="null: arrived, or given up")

    class Meta:
        ordering = ("due_at", "id")
        indexes = (models.Index(fields=["due_at"], name="deliveries_that_wait"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user__isnull=True, webhook__isnull=False)
                | models.Q(user__isnull=False, webhook__isnull=True),
                name="to_a_person_or_a_webhook",
            ),
        )

    def __str__(self) -> str:
        return f"{self.notice} to {self.user or self.webhook}"


class NoticeWish(models.Model):
    """Of which kinds a person wants mail. Without one: of all."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True)
    kinds = models.JSONField()

    def __str__(self) -> str:
        return f"{self.user}: {', '.join(self.kinds) or 'none'}"


def wished_kinds(user: User) -> list[str]:
    """Of a person that was read with `noticewish`, or is read now."""
    return list(user.noticewish.kinds) if hasattr(user, "noticewish") else list(NoticeKind)


def wish_kinds(user: User, kinds: list[str]) -> None:
    NoticeWish.objects.update_or_create(user=user, defaults={"kinds": kinds})
