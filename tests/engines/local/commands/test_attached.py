"""One-offs, and commands in a running sandbox."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from portico.engines.engine import Exit, Output, Terminal
from portico.engines.local import LocalEngine
from tests.engines.contract import launch, said
from tests.engines.local.machines import Server, run, until


def test_children_that_a_command_leaves_behind_end_with_it() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(launch("sleep 300 & exit 5"))
        assert await engine.wait(instance.handle) == Exit(5)

    run(test)


def test_a_one_off_has_both_outputs_apart_and_the_apps_files() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        order = launch("cat hello.txt; echo oops >&2; exit 6", process="run.1")
        attached = await engine.run(order, None)
        assert await said(attached) == {Output.STDOUT: "hello\n", Output.STDERR: "oops\n"}
        assert await attached.wait() == Exit(6)
        assert list(server.layout.app(7).glob("layers/*")) == []

    run(test)


def test_a_one_off_with_a_terminal_can_be_interrupted() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        command = "stty size; echo $TERM; read line; echo got $line; sleep 300"
        order = launch(command, process="run.1")
        attached = await engine.run(order, Terminal(33, 99, "vt100"))
        await attached.write(b"typed\n")
        text = ""
        while "got typed" not in text:
            piece = await attached.read()
            assert piece is not None
            text += piece[1].decode()
        attached.resize(40, 100)
        rest = asyncio.create_task(said(attached))

        async def interrupted() -> bool:
            """A shell that is just forking swallows an interrupt; people press the keys again."""
            await attached.write(b"\x03")
            return rest.done()

        await until(interrupted)
        assert await attached.wait() == Exit(130)
        assert {"33 99", "vt100"} < set(text.splitlines())

    run(test)


def test_a_large_input_and_output_pass_through_a_one_off() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        attached = await engine.run(launch("cat", process="run.1"), None)
        data = b"0123456789abcdef" * 65536

        async def feed() -> None:
            await attached.write(data)
            await attached.write(b"")

        feeding = asyncio.create_task(feed())
        assert (await said(attached))[Output.STDOUT].encode() == data
        await feeding
        assert await attached.wait() == Exit(0)

    run(test)


@pytest.mark.parametrize("terminal", [None, Terminal()])
def test_a_command_runs_inside_a_running_process_s_sandbox(terminal: Terminal | None) -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        order = launch("touch /tmp/mark; echo up; exec sleep 300")
        order = replace(order, environment={**order.environment, "NAME": "value"})
        instance = await engine.start(order)
        await until(lambda: "up" in server.output.text())
        command = (
            "sh",
            "-c",
            "ls /tmp; echo $NAME; id -un; pwd; grep NoNewPrivs /proc/self/status; exit 3",
        )
        attached = await engine.execute(instance.handle, command, terminal)
        text = (await said(attached))[Output.STDOUT]
        assert text.split() == ["mark", "value", "app", "/app", "NoNewPrivs:", "1"]
        assert await attached.wait() == Exit(3)
        await engine.stop(instance.handle, 5)

    run(test)


def test_a_command_that_leaves_children_with_its_streams_is_over_all_the_same() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(launch("exec sleep 300"))
        command = ("sh", "-c", "sleep 300 & echo done")
        attached = await engine.execute(instance.handle, command, None)
        assert (await said(attached))[Output.STDOUT] == "done\n"
        assert await attached.wait() == Exit(0)
        await engine.stop(instance.handle, 5)

    run(test)
