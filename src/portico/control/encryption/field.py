"""A model field whose value is in the database only as ciphertext."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models

from portico.control.encryption.keyring import keyring

if TYPE_CHECKING:
    Field = models.Field[Any, Any]
else:
    Field = models.Field  # takes its types in the stubs only


class EncryptedField(Field):
    """Any JSON value. Null stays null.

    Whoever writes one holds the lock of its app's row, or makes that row, in the same transaction:
    a rotation of the key relies on it (`rotation.py`).
    """

    def get_internal_type(self) -> str:
        return "TextField"

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else keyring().encrypt(json.dumps(value))

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else json.loads(keyring().decrypt(value))

    def get_lookup(self, lookup_name: str) -> Any:
        """Ciphertext can be compared with nothing."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
