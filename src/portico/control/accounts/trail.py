"""What people do with their accounts, in the event trail."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as social
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in

from portico.control.models import Event


def connect() -> None:
    user_logged_in.connect(_signed_in)
    account.user_signed_up.connect(_registered)
    for signal, words in (
        (account.password_set, "set"),
        (account.password_changed, "changed"),
        (account.password_reset, "reset by a link"),
    ):
        signal.connect(_noting("password", words), weak=False)
    account.email_changed.connect(_email_changed)
    mfa.authenticator_added.connect(_factor("added"), weak=False)
    mfa.authenticator_removed.connect(_factor("removed"), weak=False)
    social.social_account_added.connect(_provider_added)
    social.social_account_removed.connect(_provider_removed)


def _signed_in(user: User, **_: Any) -> None:
    Event.log_of_server(user.username, "sign in")


def _registered(user: User, **_: Any) -> None:
    Event.log_of_server(user.username, "register")


def _noting(verb: str, words: str) -> Any:
    def note(user: User, **_: Any) -> None:
        Event.log_of_server(user.username, verb, words)

    return note


def _email_changed(user: User, to_email_address: Any, **_: Any) -> None:
    Event.log_of_server(user.username, "e-mail", to_email_address.email)


def _factor(words: str) -> Any:
    def note(user: User, authenticator: Any, **_: Any) -> None:
        Event.log_of_server(user.username, "second factor", f"{words} {authenticator.type}")

    return note


def _provider_added(sociallogin: Any, **_: Any) -> None:
    account = sociallogin.account
    Event.log_of_server(sociallogin.user.username, "provider", f"connected {account.provider}")


def _provider_removed(socialaccount: Any, **_: Any) -> None:
    name = socialaccount.user.username
    Event.log_of_server(name, "provider", f"disconnected {socialaccount.provider}")
