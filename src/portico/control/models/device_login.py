"""A command line that waits for its person to let it in, in a browser (after RFC 8628)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone

from portico.control.models.token import Token
from portico.errors import PorticoError

LIFETIME = timedelta(minutes=10)
WAITING_AT_ONCE = 1000
# No vowels, so no words; nothing that is taken for something else.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"


class DeviceState(StrEnum):
    WAITING = "waiting"
    ALLOWED = "allowed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Begun:
    """`secret` is the command line's, `code` is what its person compares."""

    secret: str
    code: str


class DeviceLogin(models.Model):
    digest = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=9, unique=True)
    machine = models.CharField(max_length=100)
    address = models.CharField(max_length=50)
    state = models.CharField(
        max_length=10, choices=[(one, one) for one in DeviceState], default=DeviceState.WAITING
    )
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    days = models.PositiveIntegerField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.code} of {self.machine}"

    @classmethod
    @transaction.atomic
    def begin(cls, machine: str, address: str) -> Begun:
        cls.objects.filter(expires_at__lte=timezone.now()).delete()
        if cls.objects.count() >= WAITING_AT_ONCE:
            raise too_many()
        begun = Begun(secrets.token_urlsafe(32), _new_code())
        cls.objects.create(
            digest=_digest(begun.secret),
            code=begun.code,
            machine=machine,
            address=address,
            expires_at=timezone.now() + LIFETIME,
        )
        return begun

    @classmethod
    def waiting(cls, code: str) -> DeviceLogin | None:
        """The one that waits with this code, however it is written."""
        letters = "".join(letter for letter in code.upper() if letter in ALPHABET)
        written = f"{letters[:4]}-{letters[4:]}"
        return cls.objects.filter(
            code=written, state=DeviceState.WAITING, expires_at__gt=timezone.now()
        ).first()

    def answer(self, user: User, state: DeviceState, days: int | None = None) -> bool:
        """Let it in, or not; False when somebody was faster."""
        mine = DeviceLogin.objects.filter(pk=self.pk, state=DeviceState.WAITING)
        return bool(mine.update(state=state, user=user, days=days))

    @classmethod
    @transaction.atomic
    def token(cls, secret: str) -> str | None:
        """What the command line waits for, this once; None while nobody has answered."""
        found = cls.objects.select_for_update().filter(digest=_digest(secret)).first()
        if found is None or found.expires_at <= timezone.now():
            raise expired()
        if found.state == DeviceState.WAITING:
            return None
        if found.state == DeviceState.REFUSED or found.user is None or not found.user.is_active:
            raise refused()
        found.delete()
        return Token.issue(found.user, f"login on {found.machine}"[:100], days=found.days)


def too_many() -> PorticoError:
    return PorticoError(
        "The login could not begin.",
        "Too many logins wait to be confirmed.",
        "Try again in a few minutes, or use a token: portico login URL --token TOKEN",
        status=429,
    )


def expired() -> PorticoError:
    return PorticoError(
        "You were not logged in.",
        "Nobody has confirmed the code within ten minutes, or it has been used.",
        "Begin again: portico login URL",
        status=410,
    )


def refused() -> PorticoError:
    return PorticoError(
        "You were not logged in.",
        "The login was refused in the browser.",
        "If that was a mistake, begin again: portico login URL",
        status=403,
    )


def _new_code() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
