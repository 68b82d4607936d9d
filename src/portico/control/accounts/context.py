"""What the templates of sign-in ask of the operator's settings."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from portico.control import instance, mail
from portico.control.accounts import registration


def sign_on(request: HttpRequest) -> dict[str, Any]:
    server = instance.server()
    return {
        "mail_is_set_up": mail.is_set_up(),
        "may_register": registration.may_register(server.registration),
        "server_host": server.public_host,
    }
