"""In what state an app is, in one word."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from portico.control.models import App
from portico.control.models.formation import formation_of
from portico.wire import ProcessState


class AppState(StrEnum):
    NEW = "new"
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    CRASHED = "crashed"
    DEPLOYING = "deploying"


def state_of(app: App) -> AppState:
    if app.under_way_id:
        return AppState.DEPLOYING
    if app.current is None:
        return AppState.NEW
    formation = formation_of(app)
    main = "web" if formation.get("web") else ""
    reported = [p for p in app.processes.all() if not main or p.type == main]
    return state(sum(formation.values()), {process.state for process in reported})


def state(wanted: int, reported: Collection[str]) -> AppState:
    """Of an app with a release: how many processes it should have, and in which states they are.

    With a web process among those wanted, only the web processes count.
    """
    if not wanted:
        return AppState.STOPPED
    if {ProcessState.RUNNING, ProcessState.UNHEALTHY} & set(reported):
        return AppState.RUNNING
    if ProcessState.CRASHED in reported:
        return AppState.CRASHED
    return AppState.STARTING
