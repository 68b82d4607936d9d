"""Liveness checks of real processes, by one sandboxed child for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import replace

import pytest

from portico.engines.engine import Check, Instance, Probe
from portico.engines.local import LocalEngine
from portico.engines.local.checks import checking
from portico.engines.local.process_table.marks import marked
from tests.engines.contract import WEB
from tests.engines.local.machines import Server, run, until

QUICK = Check("my-host", "/live", {"X-One": "1"}, wait=0.05, timeout=5, attempts=2)
# Answers what stands in the file of its path, and never when that is "hang".
APP = """
import http.server, os, pathlib, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        file = pathlib.Path("/data" + self.path)
        status = file.read_text() if file.exists() else "404"
        if status == "hang":
            time.sleep(100)
        open("/data/asked", "a").write(self.headers.get("X-One", ""))
        self.send_response(int(status))
        self.end_headers()

http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""


async def serving(server: Server, engine: LocalEngine, status: str) -> Instance:
    server.add_slug({"app.py": APP})
    answer(server, status)
    instance = await engine.start(replace(WEB, command="exec /usr/bin/python3 app.py"))
    await engine.probe(instance.handle, Probe("my-host", ("/nothing",)))
    return instance


def answer(server: Server, status: str) -> None:
    folder = server.layout.app_data(7)
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "live.new"
    written.write_text(status)
    written.chmod(0o644)
    written.replace(folder / "live")


def asked(server: Server) -> int:
    file = server.layout.app_data(7) / "asked"
    return file.stat().st_size if file.exists() else 0


def children(server: Server) -> list[int]:
    found = marked(server.layout.runtime.name).items()
    return [pid for handle, pids in found if handle.startswith("checks-") for pid in pids]


def test_a_process_that_answers_with_an_error_so_many_times_in_a_row_has_failed() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await serving(server, engine, "503")
        assert await engine.failing(instance.handle, QUICK) == "it answered 503."
        assert asked(server) == 2
        await engine.stop(instance.handle, 5)

    run(test)


def test_one_that_answers_goes_on_and_one_child_checks_all_while_there_are_any() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await serving(server, engine, "404")
        failing = [asyncio.create_task(engine.failing(instance.handle, QUICK)) for _ in range(5)]
        await until(lambda: asked(server) > 20)
        assert not any(task.done() for task in failing)
        child = children(server)
        assert child
        for task in failing[1:]:
            task.cancel()
        answer(server, "500")
        assert await failing[0] == "it answered 500."
        await until(lambda: not children(server))
        await engine.stop(instance.handle, 5)

    run(test)


def test_one_that_does_not_answer_in_time_has_failed() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await serving(server, engine, "hang")
        hasty = replace(QUICK, timeout=0.2)
        assert await engine.failing(instance.handle, hasty) == "it gave no answer within 0.2 s."
        await engine.stop(instance.handle, 0)

    run(test)


def test_checks_outlive_the_child_that_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "PAUSE", 0.01)

    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await serving(server, engine, "200")
        failing = asyncio.create_task(engine.failing(instance.handle, QUICK))
        await until(lambda: asked(server) > 0)
        for pid in (killed := children(server)):
            with contextlib.suppress(ProcessLookupError):  # it goes with the one before
                os.kill(pid, signal.SIGKILL)
        await until(lambda: bool(set(children(server)) - set(killed)))
        answer(server, "500")
        assert await failing == "it answered 500."
        await engine.stop(instance.handle, 5)

    run(test)
