"""The local engine: the contract, and what is its alone. Real sandboxes, real processes."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from portico.agent.readiness import REFUSED
from portico.engines.engine import Exit, Probe
from portico.engines.local import LocalEngine
from portico.engines.local.network.shared import SharedNetwork
from portico.engines.local.process_table.marks import marked
from portico.engines.local.processes.process import Process
from portico.engines.local.processes.records import Folder, Record
from portico.errors import PorticoError
from portico.wire import Slug
from tests.engines.contract import SERVE, WEB, EngineContract, Test, launch
from tests.engines.local.machines import Server, output_of, run, until


class TestLocalEngine(EngineContract):
    def run(self, test: Test) -> None:
        run(lambda _, engine: test(engine))


def test_output_is_kept_from_the_first_byte_to_the_last() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        text = await output_of(server, engine, launch("echo one; echo two >&2; printf three"))
        assert text == "one\ntwo\nthree"

    run(test)


def test_a_variable_with_a_nul_is_refused_and_leaves_nothing() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        with pytest.raises(PorticoError) as caught:
            await engine.start(replace(launch("true"), environment={"KEY": "a\0b"}))
        assert caught.value.as_dict() == {
            "title": "The variable KEY cannot be set.",
            "detail": "Its value holds a NUL character, which no environment variable can.",
            "hint": "Set it to a value without one, encoded as base64 for example.",
        }
        assert list(server.layout.processes.iterdir()) == []
        assert list(server.layout.app(7).glob("layers/*")) == []

    run(test)


def test_sigterm_reaches_the_command_behind_a_shell() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        program = (
            "import signal, sys, time\n"
            "signal.signal(signal.SIGTERM, lambda *_: (print('asked to end'), sys.exit(9)))\n"
            "print('up', flush=True)\n"
            "while True: time.sleep(1)\n"
        )
        server.add_slug({"program.py": program})
        order = launch("/usr/bin/python3 program.py; code=$?; echo ended; exit $code")
        instance = await engine.start(order)
        await until(lambda: "up" in server.output.text())
        await engine.stop(instance.handle, 20)
        assert await engine.wait(instance.handle) == Exit(9)
        assert server.output.text() == "up\nasked to end\nended\n"

    run(test)


def test_what_ignores_sigterm_is_killed_after_the_grace() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(launch("trap '' TERM; echo up; while true; do sleep 1; done"))
        await until(lambda: "up" in server.output.text())
        await engine.stop(instance.handle, 0.2)
        assert await engine.wait(instance.handle) == Exit(137)

    run(test)


def test_patience_that_ends_while_a_process_is_cleaned_up_after_does_no_harm() -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        instance = await engine.start(launch("exec sleep 1000"))
        process, cleaned, over = (
            engine._processes[instance.handle],
            asyncio.Event(),
            asyncio.Event(),
        )
        finished = process._finished

        async def slowly(ended: Process, end: Exit) -> None:
            cleaned.set()
            await over.wait()
            await finished(ended, end)

        process._finished = slowly
        stopping = asyncio.create_task(engine.stop(instance.handle, 0.2))
        await cleaned.wait()
        await asyncio.sleep(0.3)
        over.set()
        await stopping
        assert await engine.wait(instance.handle) == Exit(143)

    run(test)


def test_a_daemon_that_has_left_its_parents_ends_with_the_process() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        daemon = f"sleep 4711.{os.getpid()}"
        instance = await engine.start(launch(f"(setsid {daemon} &); echo up; exec sleep 1000"))
        await until(lambda: "up" in server.output.text() and running(daemon))
        await engine.stop(instance.handle, 20)
        assert not running(daemon)

    run(test)


def running(command: str) -> bool:
    """Whether any process of the machine has exactly that command line."""
    words = command.replace(" ", "\0").encode() + b"\0"
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if line.read_bytes() == words:
                return True
    return False


def test_a_killed_launcher_ends_the_process_and_nobody_knows_its_code() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(WEB)
        pids = server.pids(instance.handle)
        os.kill(pids.launcher.pid, signal.SIGKILL)
        assert await engine.wait(instance.handle) == Exit(None)
        assert not pids.init.alive
        assert not pids.command.alive

    run(test)


def test_an_ended_process_leaves_no_files() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        await output_of(server, engine, launch("mkdir -p a/b; chmod 000 a; touch x"))
        assert list(server.layout.processes.iterdir()) == []
        assert list(server.layout.app(7).glob("layers/*")) == []

    run(test)


def test_a_release_without_files_is_refused() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        missing = server.layout.slug(7, 99)
        with pytest.raises(PorticoError) as caught:
            await engine.start(replace(WEB, slug=Slug(build=99)))
        assert caught.value.as_dict() == {
            "title": "web.1 of my-app cannot be started.",
            "detail": f"The files of release v3 are not on this server: {missing} is missing.",
            "hint": "Deploy the app again, or roll back to a newer release.",
        }

    run(test)


def test_a_sandbox_that_cannot_be_made_is_explained_and_leaves_nothing() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        machine = engine._machine
        broken = replace(machine.host, base=(*machine.host.base, Missing()))
        engine._machine = replace(machine, host=broken)
        with pytest.raises(PorticoError) as caught:
            await engine.start(WEB)
        assert caught.value.title == "web.1 of my-app could not be started."
        assert caught.value.detail == (
            "Its sandbox could not be made: bwrap: Can't find source path /not/there: "
            "No such file or directory"
        )
        assert caught.value.hint == (
            "Run `portico server doctor` on the server; it says what the machine lacks for "
            "sandboxes."
        )
        assert list(server.layout.processes.iterdir()) == []
        assert list(server.layout.app(7).glob("layers/*")) == []

    run(test)


def test_a_process_that_cannot_be_recorded_does_not_go_on_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        written = Folder.write

        def full(folder: Folder, record: Record) -> None:
            if record.pids is not None:
                raise OSError(errno.ENOSPC, "No space left on device")
            written(folder, record)

        monkeypatch.setattr(Folder, "write", full)
        with pytest.raises(PorticoError) as caught:
            await engine.start(WEB)
        assert str(caught.value) == (
            "web.1 of my-app could not be started.\n"
            "The server said: No space left on device.\n"
            "Ask the operator to look at the server's disk and limits, then try again."
        )
        assert marked(server.layout.runtime.name) == {}
        assert list(server.layout.processes.iterdir()) == []

    run(test)


class Missing:
    """A mount of something that is not there."""

    def words(self) -> list[str]:
        return ["--ro-bind", "/not/there", "/not"]


def test_connections_are_counted() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(WEB)
        assert instance.endpoint is not None
        await engine.probe(instance.handle, Probe("h", ("/",)))
        with socket.create_connection((instance.endpoint.address, instance.endpoint.port)):
            assert await engine.connections(instance.handle) == 1
        await engine.stop(instance.handle, 5)

    run(test)


def test_a_process_on_another_port_is_found_out() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        order = replace(WEB, command=SERVE.replace('"$PORT"', f"{port} --bind 127.0.0.1"))
        instance = await engine.start(order)

        async def listens() -> bool:
            return await engine.listening(instance.handle) == (port,)

        await until(listens)
        answers = await engine.probe(instance.handle, Probe("h", ("/",), seconds=0.2))
        assert answers.statuses == {}
        assert answers.error == "Connection refused."
        await engine.stop(instance.handle, 5)

    run(test)


def test_a_process_that_listens_on_ipv6_loopback_alone_is_found_out() -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        instance = await engine.start(replace(WEB, command=f"{SERVE} --bind ::1"))
        assert instance.endpoint is not None
        port = instance.endpoint.port

        async def listens() -> bool:
            return await engine.listening(instance.handle) == (port,)

        await until(listens)
        answers = await engine.probe(instance.handle, Probe("h", ("/",), seconds=0.2))
        assert answers.error == REFUSED
        await engine.stop(instance.handle, 5)

    run(test)


def test_the_answer_of_another_process_on_the_port_does_not_count() -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        engine._networks = SharedNetwork()
        instance = await engine.start(replace(WEB, command="sleep 60"))
        assert instance.endpoint is not None
        port = instance.endpoint.port
        async with await asyncio.start_server(answer, "127.0.0.1", port):
            answers = await engine.probe(instance.handle, Probe("a.test", ("/",), seconds=20))
        assert (answers.statuses, answers.error) == ({}, "another process listens on its port.")
        await engine.stop(instance.handle, 0)

    run(test)


def test_a_probe_ends_early_when_the_process_does() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(replace(WEB, command="sleep 0.2; exit 3"))
        answers = await engine.probe(instance.handle, Probe("h", ("/",), seconds=600))
        assert answers.statuses == {}
        assert answers.error == "the process has ended."

    run(test)


def test_removing_an_app_removes_its_files() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        await engine.start(WEB)
        await engine.remove_app(7)
        assert not server.layout.app(7).exists()

    run(test)


def test_a_full_disk_is_explained_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Folder, record: Record) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f"/there/{record.process}")

    async def test(server: Server, engine: LocalEngine) -> None:
        engine._networks = shared = SharedNetwork()
        with monkeypatch.context() as patched:
            patched.setattr(Folder, "write", full)
            with pytest.raises(PorticoError) as caught:
                await engine.start(WEB)
        assert caught.value.as_dict() == {
            "title": "web.1 of my-app could not be started.",
            "detail": "The server said: No space left on device (/there/web.1).",
            "hint": "Ask the operator to look at the server's disk and limits, then try again.",
        }
        assert list(server.layout.processes.iterdir()) == []
        assert shared._ports._taken == set()

    run(test)


def test_a_cancelled_start_leaves_nothing() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        starting = asyncio.create_task(engine.start(WEB))
        await until(lambda: marked(server.layout.runtime.name) != {} or starting.done())
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await engine.stop((await starting).handle, 5)
        assert marked(server.layout.runtime.name) == {}
        assert list(server.layout.processes.iterdir()) == []
        assert list(server.layout.app(7).glob("layers/*")) == []

    run(test)


def test_many_processes_start_and_stop_side_by_side() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        orders = [launch("exec sleep 300", process=f"worker.{number}") for number in range(12)]
        started = await asyncio.gather(*map(engine.start, orders))
        await asyncio.gather(*(engine.stop(instance.handle, 5) for instance in started))
        ends = [await engine.wait(instance.handle) for instance in started]
        assert ends == [Exit(143)] * 12
        assert marked(server.layout.runtime.name) == {}

    run(test)
