"""Puts people into the groups that their provider names at each sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User

from portico.control.accounts.providers import settings_of
from portico.control.models.provider_group import LONGEST, ProviderGroup


def follow_claims(user: User, sociallogin: Any = None, **_: Any) -> None:
    """At a sign-in. One without a provider, or whose provider names no groups, changes nothing."""
    if sociallogin is None:
        return
    own = settings_of(sociallogin.account.provider)
    if own.groups_from:
        names = claimed(sociallogin.account.extra_data, own.groups_from)
        ProviderGroup.put_in(user, own.id, names)


def claimed(data: Mapping[str, Any], claim: str) -> list[str]:
    """The names in a claim: a list, or one string with commas or spaces between. The user info
    goes before the token; a claim that is absent names none."""
    for part in (data.get("userinfo"), data.get("id_token"), data):
        if isinstance(part, Mapping) and claim in part:
            return _names(part[claim])
    return []


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    if not isinstance(value, list):
        return []
    return [name[:LONGEST] for name in value if isinstance(name, str) and name.strip()]
