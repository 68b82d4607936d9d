"""Which apps have a sender, and what all of them are told."""

from __future__ import annotations

from pathlib import Path

from portico.agent.app import App
from portico.agent.log_drains import positions
from portico.agent.log_drains.sender import Sender
from portico.agent.logs import Logs
from portico.engines.engine import Engine
from portico.errors import PorticoError
from portico.figures import LogDrainFigures
from portico.layout import Layout


class LogDrains:
    """One per agent."""

    def __init__(self, layout: Layout, engine: Engine, logs: Logs) -> None:
        self._layout = layout
        self._engine = engine
        self._logs = logs
        self._senders: dict[int, Sender] = {}

    async def send(self, app: App) -> None:
        """For as long as the app has drains. Raises PorticoError when a sender ends before."""
        try:
            await self._send(app)
        except PorticoError as error:
            failed = f"{error.title} {error.detail}"
            for drain in app.plan.log_drains if app.plan else ():
                seen = app.state.log_drains.get(drain.id) or LogDrainFigures(id=drain.id)
                app.state.log_drains[drain.id] = seen.model_copy(
                    update={"state": "failing", "why": failed}
                )
            raise
        if not (app.plan and app.plan.log_drains):
            positions.forget(self._kept(app))

    async def _send(self, app: App) -> None:
        attached = await self._engine.log_sender(app.id)
        following = self._logs.follow(app.id)
        sender = self._senders[app.id] = Sender(app, attached, following, self._kept(app))
        try:
            await sender.run()
        finally:
            self._senders.pop(app.id, None)
            following.close()

    def know(self, app: App) -> None:
        """Its plan is another."""
        if sender := self._senders.get(app.id):
            sender.know()

    def say(self, app: App, text: str) -> None:
        """What its drains are told beside the lines of its processes."""
        if sender := self._senders.get(app.id):
            sender.say(text)

    def forget(self, app: App) -> None:
        """It is removed."""
        positions.forget(self._kept(app))

    def _kept(self, app: App) -> Path:
        return self._layout.log_drains(app.id)
