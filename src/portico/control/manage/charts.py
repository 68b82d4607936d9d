"""The charts of an app: what they show at once, as text; a script draws them from the API's figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from portico.control.figures.history import Past, Range, history
from portico.control.models import App
from portico.limits import amount

TITLES = {Range.HOUR: "Last hour", Range.DAY: "Last day"}


@dataclass(frozen=True)
class Chart:
    """`name` is what charts.js knows it by, and the figure of each process type that it shows."""

    name: str
    title: str
    about: str
    says: Callable[[float], str]

    def latest(self, past: Past) -> list[tuple[str, str]]:
        found = ((kind, past.latest(kind, self.name)) for kind in past.process_types)
        return [(kind, self.says(value)) for kind, value in found if value is not None]


CHARTS = (
    Chart(
        "cpu", "CPU", "of a core, the processes of a type together", lambda value: f"{value:.0%}"
    ),
    Chart("memory", "Memory", "the largest process of a type", amount),
)


def charts_of(app: App, query: QueryDict) -> dict[str, Any]:
    wanted = query.get("range", "")
    chosen = Range.DAY if wanted == Range.DAY else Range.HOUR
    past = history.of_app(app.pk, chosen)
    return {
        "source": f"/-/api/v1/apps/{app.name}/figures?{urlencode({'range': chosen})}",
        "title": TITLES[chosen],
        "ranges": [(range_, title, range_ is chosen) for range_, title in TITLES.items()],
        "charts": [(chart, chart.latest(past)) for chart in CHARTS],
    }
