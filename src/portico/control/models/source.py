"""Source archives by hash. The files are `sources.py`'s; builds say which are needed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Source(models.Model):
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField(help_text="bytes, packed")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.sha256[:12]

    @classmethod
    def all_needed(cls) -> set[str]:
        return set(cls.objects.filter(builds__kept=True).values_list("sha256", flat=True))

    @classmethod
    def needed(cls, sha256: str) -> bool:
        """Whether a kept build, of whichever app, was made from it."""
        return cls.objects.filter(sha256=sha256, builds__kept=True).exists()
