"""The keys that identities are signed with: the newest comes next, the second signs, the third has.

So a key is known to whoever verifies long before anything is signed with it, and still after.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import models, transaction
from django.utils import timezone

from portico.control.base64url import encoded
from portico.control.bell import PLAN, bell
from portico.control.encryption.field import EncryptedField
from portico.control.models.plan import PlanClock
from portico.wire import PublicKey

LIFETIME = timedelta(days=30)
KNOWN = 3
_SIZE = 32  # bytes of a number of the curve P-256


class SigningKey(models.Model):
    kid = models.CharField(max_length=16, unique=True)
    private = EncryptedField(help_text="PKCS 8, PEM")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.kid

    @classmethod
    def make(cls) -> SigningKey:
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),  # the field encrypts
        )
        return cls.objects.create(kid=_kid(private.public_key()), private=pem.decode())

    @classmethod
    def known(cls) -> list[SigningKey]:
        """Those that are published, the next one first."""
        return list(cls.objects.all()[:KNOWN])

    @classmethod
    def current(cls) -> SigningKey:
        return cls.known()[1]

    @property
    def private_key(self) -> ec.EllipticCurvePrivateKey:
        found = serialization.load_pem_private_key(self.private.encode(), None)
        assert isinstance(found, ec.EllipticCurvePrivateKey)  # noqa: S101 - made above
        return found

    @property
    def public(self) -> PublicKey:
        numbers = self.private_key.public_key().public_numbers()
        x, y = (encoded(number.to_bytes(_SIZE, "big")) for number in (numbers.x, numbers.y))
        return PublicKey(kid=self.kid, x=x, y=y)


@transaction.atomic
def renew_keys(now: datetime | None = None) -> None:
    """See to it that there is one to sign with and one to come next; a new one each month."""
    # Locked before anything is encrypted, as a rotation of the encryption key wants it.
    keys = list(SigningKey.objects.select_for_update())
    if len(keys) >= 2 and (now or timezone.now()) - keys[0].made_at < LIFETIME:
        return
    for _ in range(max(1, 2 - len(keys))):
        SigningKey.make()
    SigningKey.objects.exclude(pk__in=[key.pk for key in SigningKey.known()]).delete()
    PlanClock.tick()  # the agent learns of it, and the router by it
    transaction.on_commit(lambda: bell.ring(PLAN))


def public_keys() -> list[PublicKey]:
    return [key.public for key in SigningKey.known()]


def _kid(key: ec.EllipticCurvePublicKey) -> str:
    point = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    return hashlib.sha256(point).hexdigest()[:16]
