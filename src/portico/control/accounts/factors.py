"""Whether somebody still owes the second factor that the operator requires."""

from __future__ import annotations

from types import SimpleNamespace

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User

from portico.control import instance
from portico.control.access.deciding import Role
from portico.control.models.person import role_of
from portico.errors import PorticoError
from portico.sign_on import TwoFactor

_COUNTING = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_owed(user: User, session: object) -> bool:
    """Who has come from a provider has shown there what it wants to see."""
    if not _is_required_of(role_of(user)) or _came_from_provider(user, session):
        return False
    return not Authenticator.objects.filter(user=user, type__in=_COUNTING).exists()


def missing() -> PorticoError:
    return PorticoError(
        "You have to set up two-factor sign-in first.",
        "The operator of this server requires it of you.",
        "Add an authenticator app or a passkey: /-/accounts/2fa/",
        status=403,
    )


def _is_required_of(role: Role) -> bool:
    required = instance.server().require_two_factor
    return required is TwoFactor.EVERYBODY or (required is TwoFactor.ADMINS and role is Role.ADMIN)


def _came_from_provider(user: User, session: object) -> bool:
    records = get_authentication_records(SimpleNamespace(session=session), user)
    return any(record.get("method") == "socialaccount" for record in records)
