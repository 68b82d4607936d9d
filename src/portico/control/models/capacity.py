"""What there is for apps where they run, as the agent last said when it started."""

from __future__ import annotations

from django.db import models

from portico import wire


class Capacity(models.Model):
    """One row."""

    document = models.JSONField(help_text="wire.Capacity")

    def __str__(self) -> str:
        return "capacity"


def keep_capacity(told: wire.Capacity) -> None:
    Capacity.objects.update_or_create(pk=1, defaults={"document": told.model_dump(mode="json")})


def known_capacity() -> wire.Capacity | None:
    """None until an agent has been here."""
    row = Capacity.objects.filter(pk=1).first()
    return wire.Capacity.model_validate(row.document) if row else None
