"""The charts of an app: what they show at once, as text; a script draws them from the API's figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from portico.control.figures.history import ERRORS, REQUESTS, Past, Range, Values, history
from portico.control.models import App
from portico.limits import amount
from portico.units import duration, per_minute

TITLES = {Range.HOUR: "Last hour", Range.DAY: "Last day"}


@dataclass(frozen=True)
class Chart:
    """`name` is what charts.js knows it by; `nothing`: what it means that there is none."""

    name: str
    title: str
    about: str
    series: Callable[[Past], dict[str, Values]]
    says: Callable[[float], str]
    nothing: str = ""

    def latest(self, past: Past) -> list[tuple[str, str]]:
        found = ((label, past.latest(values)) for label, values in self.series(past).items())
        return [(label, self.says(value)) for label, value in found if value is not None]


def requests(past: Past) -> dict[str, Values]:
    return {"requests": past.values(*REQUESTS), "errors": past.values(*ERRORS)}


def latency(past: Past) -> dict[str, Values]:
    return {"median": past.latency(0.5), "95th percentile": past.latency(0.95)}


def of_types(name: str) -> Callable[[Past], dict[str, Values]]:
    return lambda past: {kind: past.values(kind, name) for kind in past.process_types}


CHARTS = (
    Chart("requests", "Requests", "errors: answers of 500 and above", requests, per_minute),
    Chart(
        *("latency", "Latency", "until an answer began", latency, duration),
        nothing="Nothing was asked of it in this time.",
    ),
    Chart("cpu", "CPU", "of a core, by process type", of_types("cpu"), "{:.0%}".format),
    Chart("memory", "Memory", "the largest process of a type", of_types("memory"), amount),
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
