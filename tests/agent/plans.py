"""Plans and observed states to start a test from."""

from __future__ import annotations

from typing import Any

from portico.agent.clock import Moment
from portico.agent.limits import limits_of
from portico.agent.observed import AppState, Process, Target
from portico.agent.supervision import Phase
from portico.engines.engine import Endpoint
from portico.wire import AppPlan, PathMode, Release, Route, Slug


def release(version: int = 1, **fields: Any) -> Release:
    return Release(
        **{
            "version": version,
            "slug": Slug(build=version),
            "processes": {"web": "serve", "worker": "work"},
            "path_mode": PathMode.OWN,
            **fields,
        }
    )


def plan(**fields: Any) -> AppPlan:
    return AppPlan(
        **{
            "id": 7,
            "name": "polls",
            "url": "http://portico.test:8000/polls/",
            "formation": {"web": 1},
            "routes": (Route(prefix="/polls"),),
            **fields,
        }
    )


def process(
    name: str = "web.1",
    release: int = 1,
    generation: int = 1,
    phase: Phase = Phase.RUNNING,
    handle: str | None = None,
) -> Process:
    """A web process has an endpoint that follows from its release and index; others have none."""
    index = int(name.rpartition(".")[2])
    web = name.startswith("web.")
    return Process(
        handle=handle or f"{name}-v{release}g{generation}",
        name=name,
        target=Target(release, generation),
        endpoint=Endpoint("127.0.0.1", 10_000 + 100 * release + 10 * generation + index)
        if web
        else None,
        pid=None,
        phase=phase,
        since=0.0,
        started_at=0.0,
        entered=0.0,
        limits=limits_of(plan(), name),
    )


def moment(steady: float) -> Moment:
    """A moment at which the two clocks show nothing alike."""
    return Moment(steady, 1_700_000_000.0 + steady)


def state(*processes: Process, serving: tuple[int, int] | None = None, **fields: Any) -> AppState:
    """A state whose router sends requests to the running web processes of what serves."""
    target = Target(*serving) if serving else None
    made = AppState(7, serving=target, collected=(), logs_ended=True, **fields)
    made.processes = {p.handle: p for p in processes}
    made.routed = fields.get("routed") or frozenset(
        p.endpoint
        for p in processes
        if p.target == target and p.phase is Phase.RUNNING and p.endpoint
    )
    return made
