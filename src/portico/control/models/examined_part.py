"""What the agent has last said of the machine and of the disk; kept, so that it is there at once."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portico.examination import Examination, Part
from portico.wire import Problem


class ExaminedPart(models.Model):
    """A row for each part; what was found last stays when another try has failed."""

    part = models.CharField(max_length=20, primary_key=True)
    told_at = models.DateTimeField(help_text="when the agent last said something of it")
    found_at = models.DateTimeField(null=True)
    document = models.JSONField(null=True, help_text="examination.Machine or disk_use.Contents")
    problem = models.JSONField(null=True, help_text="wire.Problem: why the last try has failed")

    def __str__(self) -> str:
        return self.part


def keep_examination(told: Examination) -> list[Part]:
    """Which parts it speaks of."""
    documents = told.model_dump(mode="json")
    parts = [part for part in Part if documents[part] is not None]
    for part in parts:
        failed = isinstance(getattr(told, part), Problem)
        _keep(part, **{"problem" if failed else "document": documents[part]})
    return parts


def _keep(part: Part, **told: object) -> None:
    now = timezone.now()
    found = {"problem": None, "found_at": now} if "document" in told else {}
    ExaminedPart.objects.update_or_create(pk=part, defaults={"told_at": now, **found, **told})
