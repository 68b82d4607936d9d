"""A link with which somebody chooses a password, made by an administrator and sent by hand."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User

from portico.control.accounts.adapters import reset_address
from portico.control.models import Event


def password_link(user: User, by: User) -> tuple[str, int]:
    """Its address and for how many days it is good; the same link as in a mail."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    Event.log_of_server(by.username, "password link", f"for {user.username}")
    return reset_address(key), settings.PASSWORD_RESET_TIMEOUT // 86400
