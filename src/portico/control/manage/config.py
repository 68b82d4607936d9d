"""Config vars. Values of secret ones are written here, never shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict

from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.manage.tab import Tab
from portico.control.models import App, Deploy
from portico.control.models.config import config_of, secret_names
from portico.control.pages.acting import Done

MARKS = {"secret": True, "plain": False}  # anything else: judged by name and value


def shows(app: App, _: QueryDict) -> dict[str, Any]:
    hidden = set(secret_names(app))
    return {
        "config": [
            {"name": name, "secret": name in hidden, "value": "" if name in hidden else value}
            for name, value in config_of(app).items()
        ]
    }


def set_var(caller: Caller, name: str, request: HttpRequest) -> Done:
    app = caller.app(name, Verb.CONFIGURE)
    var, value = request.POST.get("name", "").strip(), request.POST.get("value", "")
    # Browsers end lines in two characters.
    changes = {var: value.replace("\r\n", "\n")}
    deploy = app.set_config(changes, caller.user, MARKS.get(request.POST.get("mark", "")))
    return Done(f"{var} is set. {_rolled_out(app, deploy)}")


def unset_var(caller: Caller, name: str, request: HttpRequest) -> Done:
    app = caller.app(name, Verb.CONFIGURE)
    var = request.POST.get("name", "")
    deploy = app.set_config({var: None}, caller.user)
    return Done(f"{var} is gone. {_rolled_out(app, deploy)}")


def _rolled_out(app: App, deploy: Deploy | None) -> str:
    if deploy is not None:
        return f"A release with it is being rolled out, as {deploy}."
    if app.current is None:
        return "The first deploy takes it."
    return "Nothing had to change."


TAB = Tab("config", "Config vars", shows, {"set": set_var, "unset": unset_var}, Verb.READ_CONFIG)
