"""The ids of the keys that this database needs. The keys themselves are elsewhere."""

from __future__ import annotations

from django.db import models


class EncryptionKey(models.Model):
    id = models.CharField(max_length=8, primary_key=True)

    def __str__(self) -> str:
        return self.id

    @classmethod
    def needed(cls) -> set[str]:
        return set(cls.objects.values_list("id", flat=True))
