"""At the start: does this database belong to these keys?"""

from __future__ import annotations

from collections.abc import Collection

from portico.control.encryption.keyring import keyring
from portico.control.encryption.keys import make_file
from portico.control.models.encryption_key import EncryptionKey
from portico.errors import PorticoError


def require_keys() -> None:
    """Raise a PorticoError unless all that is encrypted can be read. A new server gets its key."""
    ring, needed = keyring(), EncryptionKey.needed()
    if not needed and not ring.listed():
        make_file(ring.file)
    there = {key.id for key in ring.listed()}
    if missing := needed - there:
        raise wrong(ring.place, missing, there)
    EncryptionKey.objects.get_or_create(pk=ring.current().id)


def wrong(place: str, missing: Collection[str], there: Collection[str]) -> PorticoError:
    has = f"has {_names(there)} instead" if there else "has none"
    return PorticoError(
        "The encryption key is not that of this database.",
        f"The database needs {_names(missing)}; {place} {has}.",
        "Put the key back, from the backup that the database came from. Nothing was changed.",
        status=500,
    )


def _names(ids: Collection[str]) -> str:
    return ("the key " if len(ids) == 1 else "the keys ") + ", ".join(sorted(ids))
