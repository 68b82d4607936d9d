"""A browser that has signed in, without going through the sign-in page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

SIGN_IN = """
import sys
import django
django.setup()
from django.conf import settings
from django.contrib.auth.models import User
from portico.control.accounts.sessions import SessionStore
user = User.objects.get(username=sys.argv[1])
session = SessionStore()
session["_auth_user_id"] = str(user.pk)
session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
session["_auth_user_hash"] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""


def sign_in(
    environment: Mapping[str, str], context: BrowserContext, address: str, name: str
) -> None:
    key = session_key(environment, name)
    context.add_cookies(
        [{"name": "portico_session", "value": key, "url": f"{address}/-/", "httpOnly": True}]
    )


def session_key(environment: Mapping[str, str], name: str) -> str:
    """`environment` is that of web: with PORTICO_DATA, and with DATABASE_URL where there is one."""
    variables = {**environment, "DJANGO_SETTINGS_MODULE": "portico.control.settings"}
    command = (sys.executable, "-c", SIGN_IN, name)
    return subprocess.check_output(command, env=variables, text=True).strip()
