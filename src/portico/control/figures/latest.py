"""The agent's last look at processes. What pages and metrics show of it comes from here."""

from __future__ import annotations

import time

from portico.figures import Figures, LogDrainFigures, ProcessFigures

FRESH = 90.0  # seconds after which nobody believes them any more


class Latest:
    """Read and written by any thread: a look is replaced as a whole."""

    def __init__(self) -> None:
        self._figures = Figures(time=0)
        self._taken = float("-inf")

    def take(self, figures: Figures) -> None:
        self._figures, self._taken = figures, time.monotonic()

    @property
    def router_answers(self) -> bool:
        return self._figures.platform is not None and self._fresh

    @property
    def _fresh(self) -> bool:
        return time.monotonic() - self._taken <= FRESH

    def log_drains(self, app_id: int) -> dict[int, LogDrainFigures]:
        """Those of an app, by their numbers."""
        if not self._fresh:
            return {}
        apps = (app for app in self._figures.apps if app.id == app_id)
        return {drain.id: drain for app in apps for drain in app.log_drains}

    def all(self) -> dict[int, tuple[ProcessFigures, ...]]:
        """By app; empty when the last look is long ago."""
        if not self._fresh:
            return {}
        return {app.id: app.processes for app in self._figures.apps}

    def of_app(self, app_id: int) -> dict[str, ProcessFigures]:
        """By the handles of its processes."""
        return {one.handle: one for one in self.all().get(app_id, ())}


latest = Latest()
