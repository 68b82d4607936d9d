"""`Logs`: what the agent keeps of the output of apps and deploys, and hands to those who ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterable
from pathlib import Path

from portico.agent.logs.cursor import Cursor
from portico.agent.logs.deploys import DeployLog, has_ended, numbers, prune
from portico.agent.logs.draining import Tee, drain
from portico.agent.logs.files import LogFile
from portico.agent.logs.lines import LogLine, parsed, split, stamp, stored
from portico.agent.logs.reading import Following, Notices, follow_deploy, follow_processes
from portico.layout import Layout
from portico.settings import Settings

NEWEST = 5  # deploys; one is under way at a time, and another's postdeploy script


class Logs:
    """One per agent: it alone writes these files, so it knows when they change."""

    def __init__(self, layout: Layout, settings: Settings) -> None:
        self._layout = layout
        self._settings = settings
        self._tee = Tee()
        self._notices = Notices()
        self._deploys: dict[tuple[int, int], DeployLog] = {}

    # --- writing ----------------------------------------------------------------------------

    def drain(self, app_id: int, process: str, pipe: int) -> Awaitable[None]:
        """Take over the reading end of a process's output; done when all of it is kept."""
        settings = self._settings
        file = LogFile(self._path(app_id, process), settings.log_bytes, settings.log_files)

        def keep(output: bytes) -> None:
            self._append(app_id, file, split(output))

        draining = drain(self._tee, pipe, settings.log_bytes_per_second, keep)
        return asyncio.create_task(draining, name=f"output of {process} of app {app_id}")

    def _append(self, app_id: int, file: LogFile, texts: Iterable[bytes]) -> None:
        lost = file.lost
        told = [f"Portico: the disk was full; {lost} lines were not kept.".encode()] if lost else []
        if file.append(stored(time.time(), [*told, *texts])):
            file.lost = 0
            self._notices.tell(app_id)
        elif lost:
            file.lost -= len(told)

    def say(self, app_id: int, process: str, text: str) -> None:
        """What the platform has to say among the lines of a process."""
        settings = self._settings
        file = LogFile(self._path(app_id, process), settings.log_bytes, settings.log_files)
        self._append(app_id, file, [f"Portico: {text}".encode(errors="replace")])

    def deploy_line(self, app_id: int, deploy: int, text: str) -> None:
        """Add to a deploy's log; text of several lines becomes several."""
        self._deploy(app_id, deploy).add(text)
        self._notices.tell(app_id)

    def end_deploy(self, app_id: int, deploy: int) -> None:
        """Nothing follows: those who follow the log have it all. Idempotent."""
        self._deploy(app_id, deploy).end()
        del self._deploys[app_id, deploy]
        self._notices.tell(app_id)

    def unfinished_deploys(self, app_id: int) -> list[int]:
        """Of the newest ones, those whose log has no end and gets no more lines from here."""
        newest = numbers(self._layout.logs(app_id))[-NEWEST:]
        return [
            deploy
            for deploy in newest
            if (app_id, deploy) not in self._deploys
            and not has_ended(self._deploy_path(app_id, deploy))
        ]

    def _deploy(self, app_id: int, deploy: int) -> DeployLog:
        log = self._deploys.get((app_id, deploy))
        if log is None:
            prune(self._layout.logs(app_id))
            log = DeployLog(self._deploy_path(app_id, deploy), self._settings.log_bytes)
            self._deploys[app_id, deploy] = log
        return log

    # --- reading ----------------------------------------------------------------------------

    def tail(self, app_id: int, process: str, count: int, since: float = 0) -> list[str]:
        """The last lines of one process, of those written since a Unix time."""
        cursor = Cursor(self._path(app_id, process))
        try:
            lines = [parsed(process, line) for line in cursor.last(count)]
        finally:
            cursor.close()
        return [line.text for line in lines if line and line.time >= stamp(since)]

    def follow(self, app_id: int) -> Following:
        """All lines of an app's processes, in pieces; to be closed."""
        return Following(self._layout.logs(app_id), self._notices.of(app_id))

    async def read(
        self,
        app_id: int,
        *,
        processes: tuple[str, ...] = (),
        deploy: int | None = None,
        lines: int = 100,
        follow: bool = False,
    ) -> AsyncIterator[LogLine]:
        """The last lines of the chosen processes, by time, or of one deploy; then what comes.

        `processes` are names or types, none of them means all. A followed deploy's log ends.
        """
        folder, changes = self._layout.logs(app_id), self._notices.of(app_id)
        if deploy is not None:
            path = self._deploy_path(app_id, deploy)
            source = follow_deploy(path, changes, lines, follow=follow)
        else:
            source = follow_processes(folder, changes, processes, lines, follow=follow)
        async for line in source:
            yield line

    def _path(self, app_id: int, process: str) -> Path:
        return self._layout.logs(app_id) / f"{process}.log"

    def _deploy_path(self, app_id: int, deploy: int) -> Path:
        return self._layout.logs(app_id) / f"deploy-{deploy}.log"
