"""A browser that has signed in at a web process, without going through the sign-in page."""

from __future__ import annotations

import subprocess
import sys

from playwright.sync_api import BrowserContext

from tests.control.running import Web

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


def sign_in(web: Web, context: BrowserContext, address: str, name: str) -> None:
    environment = {**web.environment, "DJANGO_SETTINGS_MODULE": "portico.control.settings"}
    key = subprocess.check_output(
        (sys.executable, "-c", SIGN_IN, name), env=environment, text=True
    ).strip()
    cookie = {"name": "portico_session", "value": key, "url": f"{address}/-/", "httpOnly": True}
    context.add_cookies([cookie])  # type: ignore[list-item]
