"""The event trail: who did what to which app, when, from where. Outlives the app, for `event_days`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone

from portico.control import instance, origin

if TYPE_CHECKING:
    from portico.control.models.app import App

BETWEEN_PRUNINGS = 1000  # events; the trail is pruned when web starts, too


class Event(models.Model):
    time = models.DateTimeField(default=timezone.now)
    user = models.CharField(max_length=150, blank=True)
    app = models.CharField(max_length=40, db_index=True, blank=True)
    # Of two apps that had one name after another, each has its own events.
    app_id = models.BigIntegerField(null=True, db_index=True)
    verb = models.CharField(max_length=20)
    detail = models.TextField(blank=True)
    address = models.CharField(
        max_length=60, blank=True, help_text="empty: on the server's machine"
    )
    way = models.CharField(max_length=130, blank=True, help_text="browser, a token, git, server")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.user} {self.verb} {self.app}"

    @classmethod
    def log(cls, app: App, user: str, verb: str, detail: str = "") -> None:
        cls._keep(app=app.name, app_id=app.pk, user=user, verb=verb, detail=detail)

    @classmethod
    def log_of_server(cls, user: str, verb: str, detail: str = "") -> None:
        """What is of no app, for administrators to see."""
        cls._keep(user=user, verb=verb, detail=detail)

    @classmethod
    def come_from(cls, place: str) -> models.QuerySet[Event]:
        """Those of an address, or of a way that is called so; '': all."""
        if not place:
            return cls.objects.all()
        return cls.objects.filter(models.Q(address=place) | models.Q(way__icontains=place))

    @classmethod
    def _keep(cls, **fields: Any) -> None:
        came_from = origin.current()
        where = {"address": came_from.address[:60], "way": came_from.way[:130]}
        event = cls.objects.create(**fields, **where)
        if event.pk % BETWEEN_PRUNINGS == 0:
            cls.prune()

    @classmethod
    def prune(cls) -> None:
        """Forget what is older than the operator wants to know."""
        oldest = timezone.now() - timedelta(days=instance.server().event_days)
        cls.objects.filter(time__lt=oldest).delete()
