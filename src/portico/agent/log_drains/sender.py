"""One app's sender at work: lines and settings go to it, and what became of them comes back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from portico.agent.app import App
from portico.agent.log_drains import positions
from portico.agent.logs import Following, LogLine
from portico.agent.logs.lines import stamp
from portico.engines.engine import Attached, Output
from portico.engines.lines import LineSplitter
from portico.errors import PorticoError
from portico.figures import LogDrainFigures
from portico.log_drains.messages import Line
from portico.log_drains.orders import Drain, Settings, line_orders, settings_order
from portico.log_drains.waiting import PLATFORM, Tally

log = logging.getLogger("portico.agent")

BEFORE = 10_000  # lines of each process that are read again for one that goes on
TOGETHER = 0.1  # seconds in which lines are gathered
LAST_SECONDS = 5.0
LONGEST_COMPLAINT = 500
MOST_OWN = 100  # lines of the platform's that wait for a sender


class Told(LogDrainFigures):
    """What the sender says of a drain. It speaks with strangers: trust no field."""

    told: int = Field(ge=0)
    upto: str = Field(pattern=r"^([0-9T:.-]{19,30}Z)?$")

    @property
    def figures(self) -> LogDrainFigures:
        return LogDrainFigures(**self.model_dump(exclude={"told", "upto"}))

    @property
    def tally(self) -> Tally:
        return Tally(self.sent, self.lost, self.told, self.upto)


class Sender:
    """`know` and `say` may be called at any time while it runs."""

    def __init__(self, app: App, attached: Attached, following: Following, kept: Path) -> None:
        self._app = app
        self._attached = attached
        self._following = following
        self._kept = kept
        self._tallies = positions.load(kept)
        self._given = Settings()
        self._own: deque[Line] = deque(maxlen=MOST_OWN)
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()

    def know(self) -> None:
        """The plan may be another."""
        self._news.set()

    def say(self, text: str) -> None:
        """Give it a line of the platform's own."""
        self._own.append(Line(stamp(time.time()), PLATFORM, text))
        self._news.set()

    async def run(self) -> None:
        """Until the plan has no drain of this app. Raises PorticoError when the program ends before."""
        hearing = asyncio.create_task(self._hear())
        giving = asyncio.create_task(self._give())
        try:
            await asyncio.wait({hearing, giving}, return_when=asyncio.FIRST_COMPLETED)
            if hearing.done():
                hearing.result()
                raise _ended()
            giving.result()
        finally:
            giving.cancel()
            await asyncio.gather(giving, return_exceptions=True)
            await self._end(hearing)

    # --- to the sender ------------------------------------------------------------------------

    async def _give(self) -> None:
        settings = self._settings()
        after = [drain.tally.upto for drain in settings.drains if drain.tally.upto]
        again = await self._following.last(BEFORE if after else 0)
        await self._write(settings_order(settings))
        for order in line_orders(_after(again, min(after, default="")), again=True):
            await self._write(order)
        giving = asyncio.create_task(self._give_lines())
        try:
            await self._give_news()
        finally:
            giving.cancel()
            await asyncio.gather(giving, return_exceptions=True)

    async def _give_lines(self) -> None:
        while True:
            for order in line_orders(_after(await self._following.more())):
                await self._write(order)
            await asyncio.sleep(TOGETHER)

    async def _give_news(self) -> None:
        while self._given.drains:
            await self._news.wait()
            self._news.clear()
            before = self._given
            if self._settings() != before:
                await self._write(settings_order(self._given))
            own = [self._own.popleft() for _ in range(len(self._own))]
            for order in line_orders(own):
                await self._write(order)

    def _settings(self) -> Settings:
        """What the sender is to know by now; figures of drains that are gone go with them.

        An app that is being removed keeps its drains to its end.
        """
        plan, state = self._app.plan, self._app.state
        if plan is None:
            return self._given
        drains = tuple(
            Drain(d.id, d.address, d.headers, self._tallies.get(d.id, Tally()))
            for d in plan.log_drains
        )
        self._given = Settings(drains, plan.name, urlsplit(plan.url).hostname or "")
        ids = {drain.id for drain in drains}
        self._tallies = {key: tally for key, tally in self._tallies.items() if key in ids}
        state.log_drains = {key: seen for key, seen in state.log_drains.items() if key in ids}
        return self._given

    async def _write(self, order: bytes) -> None:
        """Whole, also when this is cancelled meanwhile: the sender must understand what follows."""
        await asyncio.shield(asyncio.ensure_future(self._written(order)))

    async def _written(self, order: bytes) -> None:
        async with self._writing:
            await self._attached.write(order)

    async def _end(self, hearing: asyncio.Task[None]) -> None:
        """Let it send what it has, for a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self._written(b"")
                await asyncio.wait({hearing})
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await self._attached.kill()

    # --- from the sender ----------------------------------------------------------------------

    async def _hear(self) -> None:
        splitters = {output: LineSplitter() for output in Output}
        while (piece := await self._attached.read()) is not None:
            for line in splitters[piece[0]].feed(piece[1]):
                if piece[0] is Output.STDOUT:
                    self._take(line)
                else:
                    log.warning(
                        "sender of the log of app %s: %s", self._app.id, line[:LONGEST_COMPLAINT]
                    )

    def _take(self, line: str) -> None:
        try:
            told = Told.model_validate_json(line)
        except ValidationError:
            return
        if told.id not in {drain.id for drain in self._given.drains}:
            return
        self._tallies[told.id] = told.tally
        self._app.state.log_drains[told.id] = told.figures
        try:
            positions.save(self._kept, self._tallies)
        except OSError as error:
            log.warning("where log drains have come to could not be kept: %s", error)


def _after(lines: list[LogLine], time: str = "") -> list[Line]:
    """As the sender knows lines."""
    return [Line(line.time, line.process, line.text) for line in lines if line.time > time]


def _ended() -> PorticoError:
    return PorticoError(
        "The program that sends the log has ended.",
        "It is started again; what waited in it is read from the log again.",
        "If it goes on, the operator finds the reason in the agent's log.",
        status=500,
    )
