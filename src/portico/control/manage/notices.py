"""Where the app's notices are posted to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict

from portico.control import mail
from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.manage.tab import Tab
from portico.control.models import App, NoticeKind
from portico.control.models.webhook import (
    add_webhook,
    remove_webhook,
    test_webhook,
    webhook_of,
)
from portico.control.pages.acting import Done
from portico.errors import PorticoError


def shows(app: App, _: QueryDict) -> dict[str, Any]:
    return {
        "webhooks": list(app.webhooks.all()),
        "kinds": NoticeKind.choices,
        "mail_is_set_up": mail.is_set_up(),
    }


def add(caller: Caller, name: str, request: HttpRequest) -> Done:
    app = caller.app(name, Verb.CONFIGURE)
    url, kinds = request.POST.get("url", "").strip(), request.POST.getlist("kind")
    if not kinds:
        raise PorticoError(
            "The webhook was not added.",
            "It was to be sent nothing.",
            "Choose at least one of the notices.",
        )
    made = add_webhook(app, url, kinds, caller.user)
    return Done(f"Webhook {made.pk} is added.", once=made.secret)


def remove(caller: Caller, name: str, request: HttpRequest) -> Done:
    app = caller.app(name, Verb.CONFIGURE)
    number = _number(app, request)
    remove_webhook(app, number, caller.user)
    return Done(f"The webhook {number} is gone, with what was on its way there.")


def test(caller: Caller, name: str, request: HttpRequest) -> Done:
    app = caller.app(name, Verb.CONFIGURE)
    test_webhook(app, _number(app, request), caller.user)
    return Done("A test is on its way. Load the page again in a moment to see how it went.")


def _number(app: App, request: HttpRequest) -> int:
    text = request.POST.get("webhook", "")
    number = int(text) if text.isdecimal() and len(text) < 19 else 0
    return int(webhook_of(app, number).pk)


TAB = Tab(
    "notices",
    "Notices",
    shows,
    {"add": add, "remove": remove, "test": test},
    Verb.READ_CONFIG,
)
