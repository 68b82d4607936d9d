"""A fake agent: carries deploys out in no time, and serves sessions with what it was told to say."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, unix_connect

from portico.wire import AppPlan, Problem, Session
from tests.control.running import Plan

Build = Callable[[AppPlan, bytes], dict[str, Any]]

BUILT: dict[str, Any] = {"processes": {"web": "gunicorn site.wsgi"}, "path_mode": "mount"}


class FakeAgent:
    """Runs in threads of its own from `start` to `stop`."""

    def __init__(self, client: httpx.Client, socket: Path) -> None:
        self.client = client
        self.socket = socket
        self.plan = Plan(client)
        self.problem: Problem | None = None  # deploys fail with it
        self.built = dict(BUILT)
        self.lines = ["Installing", "Done"]  # of a deploy's log
        self.sources: list[bytes] = []
        self.hold = threading.Event()  # deploys wait for it
        self.hold.set()
        self.examination_wanted = threading.Event()
        self.ending = threading.Event()
        self._dialled: set[str] = set()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._run(self._loop)

    def stop(self) -> None:
        self.ending.set()
        self.hold.set()
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()

    def _run(self, call: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=call, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _loop(self) -> None:
        while not self.ending.is_set():
            try:
                if self.plan.poll(wait=0.2).examine:
                    self.examination_wanted.set()
                for app in tuple(self.plan.apps.values()):
                    if app:
                        self._serve(app)
            except httpx.TransportError:
                self.ending.wait(0.05)

    def _serve(self, app: AppPlan) -> None:
        for session in app.sessions:
            if session.id not in self._dialled:
                self._dialled.add(session.id)
                self._run(self._dial, session)
        if app.deploy and self.hold.is_set():
            self._carry_out(app)

    def _carry_out(self, app: AppPlan) -> None:
        deploy = app.deploy
        assert deploy is not None
        if deploy.release:
            self.report(app.id, {"id": deploy.id, "state": "live"})
        elif self.problem:
            problem = self.problem.model_dump()
            self.report(app.id, {"id": deploy.id, "state": "failed", "problem": problem})
        elif deploy.build:
            source = self.client.get(f"/sources/{deploy.build.source}").content
            assert hashlib.sha256(source).hexdigest() == deploy.build.source
            self.sources.append(source)
            built = {"slug": {"build": deploy.build.id}, **self.built}
            self.report(app.id, {"id": deploy.id, "state": "built", "built": built})

    def report(self, app_id: int, deploy: dict[str, Any]) -> None:
        report = {"apps": [{"id": app_id, "deploy": deploy}]}
        answer = self.client.post("/report", json=report)
        assert answer.status_code == 204, answer.text

    def _dial(self, session: Session) -> None:
        try:
            with unix_connect(str(self.socket), f"ws://web/sessions/{session.id}") as connection:
                self._talk(session, connection)
        except (ConnectionClosed, InvalidStatus, OSError):
            pass

    def _talk(self, session: Session, connection: ClientConnection) -> None:
        if session.kind == "logs":
            for number, line in enumerate(self.lines):
                time = f"2026-01-01T00:00:00.{number:06d}Z"
                connection.send(json.dumps({"time": time, "process": "web.1", "line": line}))
            self.hold.wait()
            connection.send(json.dumps({"end": True}))
        else:
            for frame in connection:
                assert isinstance(frame, bytes)
                if not frame:
                    break
                connection.send(b"\x01" + frame)
            connection.send(json.dumps({"exit": 7}))
