"""Live things that somebody waits for: logs, one-off processes, commands in a sandbox.

The plan lists them; for each the agent dials web (docs/architecture.md has the frames).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shlex
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus

from portico.agent.app import App
from portico.agent.launching import one_off_launch
from portico.agent.logs import Logs
from portico.agent.supervision import Phase
from portico.agent.web import Connection, Web
from portico.engines.engine import Attached, Engine, Output, Terminal
from portico.errors import PorticoError
from portico.wire import Problem, Session, SessionKind

CHANNELS = {Output.STDOUT: b"\x01", Output.STDERR: b"\x02"}


class Sessions:
    """Serves sessions. A follower who goes away ends what was started for him."""

    def __init__(self, engine: Engine, logs: Logs, web: Web) -> None:
        self._engine = engine
        self._logs = logs
        self._web = web

    async def dial(self, app: App, session: Session) -> None:
        """Serve one session to its end. Raises OSError when web is not there."""
        try:
            async with self._web.dial(session.id) as connection:
                await self._serve_or_explain(app, session, connection)
        except (ConnectionClosed, InvalidStatus):
            return  # whoever waited has gone; a log that somebody still follows comes as a new session

    async def _serve_or_explain(self, app: App, session: Session, connection: Connection) -> None:
        try:
            await self._serve(app, session, connection)
        except PorticoError as error:
            await _say(connection, problem=Problem.of(error).model_dump())

    async def _serve(self, app: App, session: Session, connection: Connection) -> None:
        if session.kind is SessionKind.LOGS:
            await self._send_log(app, session, connection)
            return
        attached = await self._attach(app, session)
        try:
            await _relay(attached, connection)
        finally:
            await attached.kill()

    async def _send_log(self, app: App, session: Session, connection: Connection) -> None:
        sending = asyncio.create_task(self._send_lines(app, session, connection))
        # A quiet log must still notice that nobody reads it any more.
        gone = asyncio.create_task(connection.wait_closed())
        await asyncio.wait([sending, gone], return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, gone):
            task.cancel()
        await asyncio.gather(sending, gone, return_exceptions=True)

    async def _send_lines(self, app: App, session: Session, connection: Connection) -> None:
        lines = self._logs.read(
            app.id,
            processes=session.processes,
            deploy=session.deploy,
            lines=session.lines,
            follow=session.follow,
        )
        async for line in lines:
            await _say(connection, time=line.time, process=line.process, line=line.text)
        await _say(connection, end=True)

    async def _attach(self, app: App, session: Session) -> Attached:
        terminal = Terminal(session.rows, session.columns, session.term) if session.tty else None
        if session.kind is SessionKind.EXEC:
            return await self._engine.execute(_handle(app, session), session.command, terminal)
        release = app.planned.current
        if release is None:
            raise PorticoError(
                "There is nothing to run a command in.",
                f"{app.planned.name} has no release yet.",
                f"Deploy it first: portico deploy --app {app.planned.name}",
            )
        name = f"run.{secrets.randbelow(9_000) + 1_000}"
        launch = one_off_launch(app, name, release, shlex.join(session.command))
        return await self._engine.run(launch, terminal)


def _handle(app: App, session: Session) -> str:
    wanted = session.process or "web.1"
    running = [
        p for p in app.state.processes.values() if p.phase in (Phase.RUNNING, Phase.UNHEALTHY)
    ]
    for process in running:
        if process.name == wanted and process.target == app.state.serving:
            return process.handle
    names = ", ".join(sorted({process.name for process in running})) or "none"
    raise PorticoError(
        f"{wanted} of {app.planned.name} is not running.",
        f"Running processes: {names}.",
        f"Name one of them, or start a process of its own: portico run {app.planned.name} -- COMMAND",
    )


async def _relay(attached: Attached, connection: Connection) -> None:
    """Both ways until the command has ended or the other side has gone."""
    output = asyncio.create_task(_send_output(attached, connection))
    entry = asyncio.create_task(_take_input(attached, connection))
    done, _ = await asyncio.wait([output, entry], return_when=asyncio.FIRST_COMPLETED)
    for task in (output, entry):
        task.cancel()
    await asyncio.gather(output, entry, return_exceptions=True)
    for task in done:
        task.result()


async def _send_output(attached: Attached, connection: Connection) -> None:
    while (piece := await attached.read()) is not None:
        await connection.send(CHANNELS[piece[0]] + piece[1])
    end = await attached.wait()
    await _say(connection, exit=end.code if end.code is not None else 1)


async def _take_input(attached: Attached, connection: Connection) -> None:
    async for frame in connection:
        if isinstance(frame, bytes):
            await attached.write(frame)
        else:
            rows, columns = json.loads(frame)["resize"]
            attached.resize(int(rows), int(columns))


async def _say(connection: Connection, **message: Any) -> None:
    await connection.send(json.dumps(message))
