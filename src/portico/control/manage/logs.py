"""What an app's processes write, as it comes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from portico.control.manage.tab import Tab
from portico.control.models import App

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
    }


TAB = Tab("logs", "Logs", shows)
