"""Who may get an account by signing in. Pure."""

from __future__ import annotations

from portico.errors import PorticoError
from portico.sign_on import Registration


def may_register(server: Registration, provider: Registration | None = None) -> bool:
    """Somebody whom no administrator has added. What a provider says goes before the server's."""
    return (provider or server) is Registration.OPEN


def may_come_first_time(server: Registration, provider: Registration | None = None) -> bool:
    """Somebody who was added, and signs in with a provider for the first time."""
    return (provider or server) is not Registration.CLOSED


def not_invited(provider: str) -> PorticoError:
    return PorticoError(
        "You have no account here yet.",
        f"{provider} knows you, but nobody has added you to this server.",
        "Ask an administrator of this server to add you with the e-mail address of that account.",
        status=403,
    )


def closed(provider: str) -> PorticoError:
    return PorticoError(
        "Nobody new is let in now.",
        f"You have not signed in here with {provider} before, and registration is closed.",
        "Ask an administrator of this server.",
        status=403,
    )


def address_taken(provider: str) -> PorticoError:
    return PorticoError(
        "There is an account with your e-mail address already.",
        f"{provider} does not say that the address is yours, or the account has not confirmed it.",
        "Sign in to that account in the way you did until now, then connect this one to it on the "
        "page of your account.",
        status=409,
    )
