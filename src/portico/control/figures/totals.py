"""What apps have done since web started: figures that only grow.

The agent tells what the router has counted since that started, and what each process has used since
it did. Both start anew at times; what is added up here is what was done between two looks. The first
look says only from where to count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portico.control.figures.counts import NONE, fell, minus, plus
from portico.control.figures.recent import Recent
from portico.figures import PLATFORM, AppFigures, Figures, Requests

FORGOTTEN = 86_400.0  # seconds without a word of it after which an app is


@dataclass(frozen=True)
class Total:
    """`requests`: what the app's own processes have answered."""

    requests: Requests = NONE
    cpu_seconds: float = 0.0


NOTHING = Total()


@dataclass
class _App:
    """What was last told of an app, and what it comes to."""

    counted: Requests = NONE
    cpu: Mapping[str, float] = field(default_factory=dict)  # seconds, by handle
    told: float = 0.0
    total: Total = NOTHING


class Totals:
    """Written by one thread, read by any."""

    def __init__(self) -> None:
        self.recent = Recent()
        self._apps: dict[int, _App] = {}
        self._begun = False  # there was a look
        self._counting = False  # the router was there to be asked

    def of_app(self, app_id: int) -> Total:
        """PLATFORM: what was answered in the place of apps, and the platform's own pages."""
        return self._apps[app_id].total if app_id in self._apps else NOTHING

    def take(self, figures: Figures) -> dict[int, Requests]:
        """A look. What was answered since the one before, by app."""
        answered = self._answered(_counted(figures)) if figures.platform else {}
        used = {app.id: self._used(app) for app in figures.apps}
        for app_id in {**answered, **used}:
            app, more = self._app(app_id), answered.get(app_id, NONE)
            if more is not NONE or used.get(app_id):
                seconds = app.total.cpu_seconds + used.get(app_id, 0.0)
                app.total = Total(plus(app.total.requests, more), seconds)
            app.told = figures.time
        self._begun = True
        self.recent.take(figures.time, answered)
        self._forget(figures.time - FORGOTTEN)
        return answered

    def _answered(self, counted: Mapping[int, Requests]) -> dict[int, Requests]:
        before = {app_id: self._app(app_id).counted for app_id in counted}
        # Its counters are one process's: where one has fallen, all began at zero.
        anew = any(fell(now, before[app_id]) for app_id, now in counted.items())
        for app in self._apps.values() if anew else ():
            app.counted = NONE
        for app_id, now in counted.items():
            self._app(app_id).counted = now
        if not self._counting:
            self._counting = True
            return {}
        return {
            app_id: now if anew else minus(now, before[app_id])
            for app_id, now in counted.items()
            if anew or now != before[app_id]
        }

    def _used(self, told: AppFigures) -> float:
        """Processor seconds; a process that was not there at the look before counts from its start."""
        app = self._app(told.id)
        before = app.cpu
        app.cpu = {p.handle: p.cpu_seconds for p in told.processes if p.cpu_seconds is not None}
        if not self._begun:
            return 0.0
        return sum(max(now - before.get(handle, 0.0), 0.0) for handle, now in app.cpu.items())

    def _app(self, app_id: int) -> _App:
        return self._apps.setdefault(app_id, _App())

    def _forget(self, before: float) -> None:
        for app_id in [one for one, app in self._apps.items() if app.told < before]:
            del self._apps[app_id]


def _counted(figures: Figures) -> dict[int, Requests]:
    apps = {app.id: app.requests for app in figures.apps if app.requests}
    return {**apps, PLATFORM: figures.platform or NONE}


totals = Totals()
