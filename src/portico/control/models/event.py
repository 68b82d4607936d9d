"""The event trail: who did what to which app, and when. Outlives the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from portico.control.models.app import App


class Event(models.Model):
    time = models.DateTimeField(default=timezone.now)
    user = models.CharField(max_length=150, blank=True)
    app = models.CharField(max_length=40, db_index=True)
    verb = models.CharField(max_length=20)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.user} {self.verb} {self.app}"

    @classmethod
    def log(cls, app: App, user: str, verb: str, detail: str = "") -> None:
        cls.objects.create(app=app.name, user=user, verb=verb, detail=detail)
