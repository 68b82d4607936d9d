"""What an app's processes write, as it comes, and where it is sent to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from portico.control.access.deciding import Verb
from portico.control.api.log_drains import documents
from portico.control.callers import Caller
from portico.control.manage.tab import Tab
from portico.control.models import App
from portico.control.pages.acting import Done

LINES = 500
ALL = 100_000


def shows(app: App, query: QueryDict) -> dict[str, Any]:
    running = [process.name for process in app.processes.all()]
    types = [name.rpartition(".")[0] for name in running]
    if app.current:
        types += app.current.processes
    log, chosen = f"/-/api/v1/apps/{app.name}/logs", query.get("process", "")
    return {
        "log": f"{log}?{urlencode({'lines': LINES, 'process': chosen})}",
        "download": f"{log}?{urlencode({'lines': ALL, 'process': chosen, 'plain': 1})}",
        "choices": sorted({*running, *types}),
        "chosen": chosen,
        "drains": documents(app),
    }


def add_drain(caller: Caller, name: str, request: HttpRequest) -> Done:
    address, header = (request.POST.get(each, "").strip() for each in ("address", "header"))
    key, _, value = header.partition(":")
    headers = {key.strip(): value.strip()} if header else {}
    made = caller.app(name, Verb.CONFIGURE).add_log_drain(address, headers, caller.user)
    return Done(f"From now on the log is sent to {made.shown}.")


def remove_drain(caller: Caller, name: str, request: HttpRequest) -> Done:
    number = request.POST.get("drain", "")
    chosen = int(number) if number.isascii() and number.isdigit() else 0
    caller.app(name, Verb.CONFIGURE).remove_log_drain(chosen, caller.user)
    return Done("The log is sent there no more.")


TAB = Tab("logs", "Logs", shows, {"add drain": add_drain, "remove drain": remove_drain})
