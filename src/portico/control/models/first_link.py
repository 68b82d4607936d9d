"""The link that makes the first administrator: good until somebody has used one of them."""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from portico.control.access.deciding import Role
from portico.control.models.event import Event
from portico.control.models.person import set_role

KEPT = 10  # each start of a server that nobody administers yet prints another


class FirstLink(models.Model):
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"of {self.created_at}"

    @classmethod
    def make(cls) -> str:
        """Its secret; nowhere to be found again."""
        secret = secrets.token_urlsafe(32)
        cls.objects.create(digest=_digest(secret))
        old = cls.objects.order_by("-id").values_list("id", flat=True)[KEPT:]
        cls.objects.filter(pk__in=list(old)).delete()
        return secret

    @classmethod
    def is_good(cls, secret: str) -> bool:
        return cls.objects.filter(digest=_digest(secret)).exists()

    @classmethod
    @transaction.atomic
    def use(cls, secret: str, user: User) -> bool:
        """Make the person the administrator, unless the link was used meanwhile. Ends all of them.

        `user`: not saved yet, or an administrator who has had tokens only.
        """
        deleted, _ = cls.objects.filter(digest=_digest(secret)).delete()
        if not deleted:
            return False
        cls.objects.all().delete()
        user.save()
        set_role(user, Role.ADMIN)
        Event.log_of_server(user.username, "first admin", "by the link of the server's start")
        return True


def administrators_who_sign_in() -> models.QuerySet[User]:
    """With a password, a passkey or an account at a provider; not by tokens alone."""
    admins = User.objects.filter(is_active=True, profile__role=Role.ADMIN)
    has_password = ~Q(password="") & ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return admins.filter(
        has_password | Q(authenticator__type="webauthn") | Q(socialaccount__isnull=False)
    ).distinct()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
