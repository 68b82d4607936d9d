"""What there is to tell, out of the database and the last looks: a few queries for all apps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count

from portico.control.figures.latest import latest
from portico.control.figures.restarts import restarts
from portico.control.figures.totals import NOTHING, Total, totals
from portico.control.models import App, Deploy, Process
from portico.control.presence import agent
from portico.figures import PLATFORM, ProcessFigures
from portico.wire import DeployState

UNDER_WAY = tuple(state for state in DeployState if not state.final)


@dataclass(frozen=True)
class AppFacts:
    name: str
    states: Mapping[str, int] = field(default_factory=dict)  # how many processes are in each
    restarts: int = 0
    total: Total = NOTHING
    uses: tuple[ProcessFigures, ...] = ()


@dataclass(frozen=True)
class PlatformFacts:
    version: str
    agent: bool = False  # whether it is there
    router: bool = False
    deploys: Mapping[str, int] = field(default_factory=dict)  # how many are in each state
    total: Total = NOTHING


def app_facts() -> list[AppFacts]:
    """By name."""
    states, uses = _states(), latest.all()
    return [
        AppFacts(
            name=name,
            states=states.get(app_id, {}),
            restarts=restarts.of_app(app_id),
            total=totals.of_app(app_id),
            uses=uses.get(app_id, ()),
        )
        for app_id, name in App.objects.order_by("name").values_list("pk", "name")
    ]


def platform_facts(version: str) -> PlatformFacts:
    under_way = Deploy.objects.filter(state__in=UNDER_WAY).order_by()
    counts = dict(under_way.values_list("state").annotate(Count("pk")))
    return PlatformFacts(
        version=version,
        agent=agent.is_here,
        router=latest.router_answers,
        deploys={state: counts.get(state, 0) for state in UNDER_WAY},
        total=totals.of_app(PLATFORM),
    )


def _states() -> Mapping[int, Mapping[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Process.objects.order_by().values_list("app_id", "state").annotate(Count("pk"))
    for app_id, state, count in rows:
        found[app_id][state] = count
    return found
