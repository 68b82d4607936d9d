"""A new key for all that is encrypted, while web runs. Killed at any point, all stays readable:
old keys go from the file at the very end, and running it again finishes the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.models.functions import Left

from portico.control.encryption.keyring import Keyring, keyring
from portico.control.encryption.keys import ID_LENGTH, Key, alone, replace_file
from portico.control.encryption.sweeping import sweep
from portico.control.models import (
    App,
    ConfigVar,
    EncryptionKey,
    LogDrain,
    PlanRow,
    Release,
    SigningKey,
    Webhook,
)
from portico.errors import PorticoError

# Every encrypted field of every model.
ENCRYPTED: tuple[tuple[type[ConfigVar | Release | PlanRow | LogDrain | Webhook], str], ...] = (
    (ConfigVar, "value"),
    (Release, "config"),
    (PlanRow, "document"),
    (LogDrain, "address"),
    (LogDrain, "headers"),
    (Webhook, "url"),
    (Webhook, "secret"),
)
# And those that belong to no app.
OF_THE_SERVER: tuple[tuple[type[SigningKey], str], ...] = ((SigningKey, "private"),)
BATCH = 100


@dataclass(frozen=True)
class Rotation:
    """What was done; `values` counts those that were encrypted anew."""

    key: str
    values: int
    setting: str = ""

    def __str__(self) -> str:
        found = f"Encrypted {self.values} values with the new key {self.key}."
        if self.setting:
            return f"{found}\nThe other keys can be taken out of {self.setting} now."
        return found


def rotate() -> Rotation:
    """Encrypt everything with a new key, or with the first one of the setting."""
    ring = keyring()
    with alone(ring.file):
        _introduce_key(ring)
        key = ring.current()
        EncryptionKey.objects.get_or_create(pk=key.id)
        values = sum(_renew_app(key, pk) for pk in App.objects.values_list("pk", flat=True))
        values += _renew_rest(key)
        if not ring.setting:
            replace_file(ring.file, (key,))
    sweep()
    return Rotation(key.id, values, ring.place if ring.setting else "")


def _introduce_key(ring: Keyring) -> None:
    """From here on web encrypts with it, for it looks at the file each time."""
    if not ring.setting:
        replace_file(ring.file, (Key.new(), *ring.listed()))
    elif EncryptionKey.needed() <= {ring.current().id}:
        raise PorticoError(
            "There is no new key.",
            f"The keys come from the setting {ring.place}, and all is encrypted with its first.",
            "Put a new one in front (`openssl rand -base64 32`), a comma between, run `portico "
            "server restart`, then this again.",
        )


@transaction.atomic
def _renew_app(key: Key, app_id: int) -> int:
    """With the app locked: who has taken up the old key before has committed, and is seen."""
    if not App.objects.select_for_update().filter(pk=app_id).exists():
        return 0  # destroyed meanwhile
    return sum(_renew(key, model.objects.filter(app_id=app_id), name) for model, name in ENCRYPTED)


@transaction.atomic
def _renew_rest(key: Key) -> int:
    """What was written by those who made an app meanwhile; after it no old key is needed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Waits for all who have locked or made an app, and lets nobody begin. SQLite's
            # transactions do that by themselves.
            cursor.execute("LOCK TABLE control_app, control_signingkey IN EXCLUSIVE MODE")
    every = (*ENCRYPTED, *OF_THE_SERVER)
    count = sum(_renew(key, model.objects.all(), name) for model, name in every)
    EncryptionKey.objects.exclude(pk=key.id).delete()
    return count


def _renew(key: Key, rows: models.QuerySet[Any], name: str) -> int:
    """Write those values again that another key has encrypted; how many there were."""
    there = rows.filter(**{f"{name}__isnull": False}).annotate(key=Left(name, ID_LENGTH))
    old = list(there.exclude(key=key.id))
    rows.bulk_update(old, [name], batch_size=BATCH)
    return len(old)
