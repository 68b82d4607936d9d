"""A way in for whoever operates the machine: a token for the first administrator."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction

from portico.control.access.deciding import Role
from portico.control.models import Token
from portico.control.models.person import set_role
from portico.control.serve import migrate

ADMIN = "admin"


def first_token(name: str) -> str:
    """A new token of `admin`, who is made when there is none. Works before the first start too."""
    migrate()
    with transaction.atomic():
        admin, _ = User.objects.get_or_create(
            username=ADMIN, defaults={"password": make_password(None)}
        )
        set_role(admin, Role.ADMIN)
        return Token.issue(admin, name)
