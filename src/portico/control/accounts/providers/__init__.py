"""Companies' sign-on: who comes from there, and in which groups they are."""

from __future__ import annotations

from portico.control import instance
from portico.sign_on import Provider


def settings_of(provider_id: str) -> Provider:
    """What the operator says of it."""
    return next(one for one in instance.server().providers if one.id == provider_id)
