"""Looks at what apps use and do, now and then: told to web, and to an app's log when it was too much."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from portico.agent.app import App
from portico.agent.limits import child_stopped, refused_processes
from portico.agent.observed import Process
from portico.engines.engine import Engine
from portico.engines.limits import Usage
from portico.errors import PorticoError
from portico.figures import PLATFORM, AppFigures, Figures, ProcessFigures, Requests

log = logging.getLogger("portico.agent")

PAUSE = 5.0
# A look may take a 200th of a core, whatever the number of processes.
SHARE = 200


@dataclass(frozen=True)
class Look:
    """What was seen at a time of the steady clock, by handle."""

    at: float = 0.0
    used: Mapping[str, Usage] = field(default_factory=dict)


class Says(Protocol):
    def say(self, app_id: int, process: str, text: str) -> None: ...


class Takes(Protocol):
    async def figures(self, figures: Figures) -> None: ...


class Counts(Protocol):
    async def requests(self) -> dict[int, Requests]: ...


class Looks:
    """`apps` is the agent's own mapping, by id."""

    def __init__(
        self, engine: Engine, router: Counts, web: Takes, logs: Says, apps: Mapping[int, App]
    ) -> None:
        self._engine = engine
        self._router = router
        self._web = web
        self._logs = logs
        self._apps = apps
        self._last = Look()

    async def run(self, apps_known: asyncio.Event) -> None:
        """For as long as the agent lives.

        Web counts from the first look that it sees: that must not leave out an app.
        """
        await apps_known.wait()
        while True:
            began = time.process_time()
            try:
                await self.look()
            except (OSError, httpx.HTTPError) as error:
                log.debug("no figures: %r", error)
            await asyncio.sleep(max(PAUSE, (time.process_time() - began) * SHARE))

    async def look(self) -> None:
        used = await self._engine.usage()
        last, now = self._last, Look(time.monotonic(), self._known(used))
        self._last = now
        for app in list(self._apps.values()):
            for process in list(app.state.processes.values()):
                for line in troubles(app.state.name, process, last.used, now.used):
                    self._logs.say(app.id, process.name, line)
        requests = await self._requests()
        await self._web.figures(figures_of(self._apps.values(), last, now, requests, time.time()))

    async def _requests(self) -> dict[int, Requests] | None:
        """None while the router is away; it counts anew when it comes back."""
        try:
            return await self._router.requests()
        except PorticoError as error:
            log.debug("no requests: %s", error.detail)
            return None

    def _known(self, used: Mapping[str, Usage]) -> dict[str, Usage]:
        """What the engine is just taking over is looked at once the agent knows whose it is."""
        handles = (handle for app in self._apps.values() for handle in app.state.processes)
        return {handle: used[handle] for handle in handles if handle in used}


def figures_of(
    apps: Iterable[App],
    last: Look,
    now: Look,
    requests: Mapping[int, Requests] | None,
    unix: float,
) -> Figures:
    """What web is told: of apps that run, have answered something or send their log. Pure."""
    counted = requests or {}
    told = (
        AppFigures(
            id=app.id,
            processes=tuple(_processes(app, last, now)),
            requests=counted.get(app.id),
            log_drains=tuple(app.state.log_drains.values()),
        )
        for app in apps
    )
    return Figures(
        time=unix,
        apps=tuple(one for one in told if one.processes or one.requests or one.log_drains),
        platform=None if requests is None else counted.get(PLATFORM, Requests()),
    )


def _processes(app: App, last: Look, now: Look) -> Iterator[ProcessFigures]:
    for process in app.state.processes.values():
        if (used := now.used.get(process.handle)) is not None:
            yield ProcessFigures(
                handle=process.handle,
                name=process.name,
                cpu_seconds=used.cpu_seconds,
                cpu=_share(last.used.get(process.handle), used, now.at - last.at),
                memory=used.memory,
                memory_limit=process.limits.memory,
                processes=used.processes,
            )


def _share(before: Usage | None, now: Usage, seconds: float) -> float | None:
    """Of a core, since the look before; unknown at the first one."""
    if before is None or before.cpu_seconds is None or now.cpu_seconds is None or seconds <= 0:
        return None
    return max(now.cpu_seconds - before.cpu_seconds, 0.0) / seconds


def troubles(
    app: str, process: Process, before: Mapping[str, Usage], now: Mapping[str, Usage]
) -> Iterator[str]:
    """What the log is told of a process since the look before. Pure.

    After an agent's death the next one tells again what happened since the process started.
    Refusals come in floods: only the first look that finds some more tells.
    """
    was, used = before.get(process.handle, Usage()), now.get(process.handle)
    if used is None:
        return
    if used.killed > was.killed:
        yield child_stopped(app, process.name, process.limits, used.killed - was.killed)
    if used.refused and not was.refused:
        yield refused_processes(app, process.name, process.limits)
