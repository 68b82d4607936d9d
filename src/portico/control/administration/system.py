"""What the server is, in figures and settings that are no secrets."""

from __future__ import annotations

import platform
from typing import Any

import django
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict

import portico
from portico.control import instance, mail
from portico.control.administration.section import Section
from portico.control.callers import Caller
from portico.control.models import App
from portico.control.pages.acting import Done
from portico.sign_on import Mail

SHOWN = (
    *("public_url", "apps_host", "trusted_hops", "public_apps", "registration"),
    *("require_two_factor", "deploy_branches", "event_days"),
)


def shows(_: QueryDict) -> dict[str, Any]:
    server = instance.server()
    return {
        "versions": {
            "Portico": portico.__version__,
            "Python": platform.python_version(),
            "Django": django.__version__,
            "Database": f"{connection.vendor} {'.'.join(map(str, connection.get_database_version()))}",
        },
        "figures": {
            "apps": App.objects.count(),
            "people": User.objects.filter(is_active=True).count(),
        },
        "settings": [(name, _words(getattr(server, name))) for name in SHOWN],
        "mail_server": Mail.of(server.mail_url).host if server.mail_url else "",
        "data": server.data,
    }


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value) if value not in ("", None) else "not set"


def send_test_mail(caller: Caller, form: QueryDict) -> Done:
    address = form.get("address", "").strip()
    mail.send_test(address, caller.user.username)
    return Done(f"The mail server has taken a mail to {address}.")


SECTION = Section("system", "System", shows, {"test mail": send_test_mail})
