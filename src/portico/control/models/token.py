"""Bearer tokens: kept as hashes, shown once."""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone


class Token(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(cls, user: User, name: str) -> str:
        """Make a token; its text is nowhere to be found again."""
        # The prefix lets secret scanners recognise a token that was committed by mistake.
        text = f"portico_{secrets.token_urlsafe(32)}"
        cls.objects.create(user=user, name=name, digest=_digest(text))
        return text

    @classmethod
    def of(cls, text: str) -> Token | None:
        """The token with this text, when it and its user are good."""
        found = cls.objects.select_related("user").filter(
            digest=_digest(text), user__is_active=True
        )
        return found.first()


def _digest(text: str) -> str:
    # No salt and no slow hash: a token is 256 random bits, there is nothing to guess.
    return hashlib.sha256(text.encode()).hexdigest()
