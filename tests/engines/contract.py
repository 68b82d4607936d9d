"""What every engine must do. A test module subclasses `EngineContract` and says how to get one.

The commands are such that the fake understands them too: `exit N`, and `SERVE`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from portico.engines.engine import Attached, Check, Engine, Exit, Launch, Output, Probe
from portico.engines.limits import Limits
from portico.errors import PorticoError
from portico.wire import Slug

SERVE = 'exec /usr/bin/python3 -m http.server "$PORT"'
Test = Callable[[Engine], Awaitable[None]]


def launch(command: str, *, process: str = "web.1", listens: bool = False) -> Launch:
    """A process of app 7, whose slug is build 1."""
    return Launch(
        app_id=7,
        app_name="my-app",
        process=process,
        release=3,
        generation=2,
        slug=Slug(build=1),
        command=command,
        environment={"PATH": "/usr/bin:/bin", "HOME": "/app", "LANG": "C.UTF-8"},
        listens=listens,
    )


WEB = launch(SERVE, listens=True)


async def said(attached: Attached) -> dict[Output, str]:
    """All that a command says until it ends."""
    pieces = {Output.STDOUT: b"", Output.STDERR: b""}
    while (piece := await attached.read()) is not None:
        pieces[piece[0]] += piece[1]
    return {output: data.decode() for output, data in pieces.items()}


class EngineContract:
    """`run` calls a test with a fresh engine inside an event loop, and cleans up after it."""

    def run(self, test: Test) -> None:
        raise NotImplementedError

    def test_a_started_process_is_named_as_it_was_ordered(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(WEB)
            named = (instance.app_id, instance.process, instance.release, instance.generation)
            assert named == (7, "web.1", 3, 2)
            assert instance.endpoint is not None
            assert not instance.ready
            await engine.stop(instance.handle, 5)

        self.run(test)

    def test_a_process_that_does_not_listen_has_no_endpoint(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(launch("sleep 60", process="worker.1"))
            assert instance.endpoint is None
            await engine.stop(instance.handle, 5)

        self.run(test)

    def test_handles_and_ports_are_unique(self) -> None:
        async def test(engine: Engine) -> None:
            started = [await engine.start(WEB) for _ in range(3)]
            assert len({instance.handle for instance in started}) == 3
            assert len({instance.endpoint for instance in started}) == 3
            for instance in started:
                await engine.stop(instance.handle, 5)

        self.run(test)

    def test_wait_tells_the_exit_code_as_often_as_it_is_asked(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(launch("exit 7"))
            assert await engine.wait(instance.handle) == Exit(7)
            assert await engine.wait(instance.handle) == Exit(7)

        self.run(test)

    def test_nobody_knows_how_an_unknown_process_ended(self) -> None:
        async def test(engine: Engine) -> None:
            assert await engine.wait("7-web.1-unknown") == Exit(None)

        self.run(test)

    def test_a_wait_that_is_given_up_leaves_the_process_alone(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(WEB)
            waiting = asyncio.create_task(engine.wait(instance.handle))
            await asyncio.sleep(0)
            waiting.cancel()
            assert instance in await engine.adopt()
            await engine.stop(instance.handle, 5)

        self.run(test)

    def test_a_probe_tells_the_status_of_each_path(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(WEB)
            answers = await engine.probe(instance.handle, Probe("my-host", ("/", "/?two")))
            assert answers.statuses == {"/": 200, "/?two": 200}
            await engine.stop(instance.handle, 5)

        self.run(test)

    def test_a_check_of_a_process_that_ends_has_nothing_to_say(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(WEB)
            failing = asyncio.create_task(engine.failing(instance.handle, Check("my-host", "/")))
            await asyncio.sleep(0)
            await engine.stop(instance.handle, 5)
            assert await failing == ""
            assert await engine.failing(instance.handle, Check("my-host", "/")) == ""

        self.run(test)

    def test_a_probe_of_a_process_that_has_ended_has_no_answers(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(replace(WEB, command="exit 1"))
            await engine.wait(instance.handle)
            answers = await engine.probe(instance.handle, Probe("my-host", ("/",)))
            assert answers.statuses == {}
            assert answers.error == "the process has ended."

        self.run(test)

    def test_stop_ends_a_process_and_may_be_repeated(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(WEB)
            await engine.stop(instance.handle, 5)
            await engine.stop(instance.handle, 5)
            assert await engine.wait(instance.handle) == Exit(143)

        self.run(test)

    def test_what_runs_can_be_adopted_and_what_has_ended_cannot(self) -> None:
        async def test(engine: Engine) -> None:
            runs, ends = await engine.start(WEB), await engine.start(launch("exit 0"))
            await engine.wait(ends.handle)
            assert [found.handle for found in await engine.adopt()] == [runs.handle]
            await engine.stop(runs.handle, 5)

        self.run(test)

    def test_limits_can_be_changed_while_it_runs_and_are_remembered(self) -> None:
        async def test(engine: Engine) -> None:
            few, many = Limits(pids=50, files=500), Limits(pids=60, files=600)
            instance = await engine.start(replace(WEB, limits=few))
            assert instance.limits == few
            await engine.limit(instance.handle, many)
            await engine.limit("7-web.1-unknown", many)
            assert [found.limits for found in await engine.adopt()] == [Limits(pids=60, files=500)]
            await engine.stop(instance.handle, 5)

        self.run(test)

    def test_what_runs_is_counted_and_what_has_ended_is_not(self) -> None:
        async def test(engine: Engine) -> None:
            runs, ends = await engine.start(WEB), await engine.start(launch("exit 0"))
            await engine.wait(ends.handle)
            used = await engine.usage()
            assert list(used) == [runs.handle]
            assert (used[runs.handle].killed, used[runs.handle].refused) == (0, 0)
            await engine.stop(runs.handle, 5)

        self.run(test)

    def test_readiness_is_remembered(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(WEB)
            await engine.mark_ready(instance.handle)
            assert [found.ready for found in await engine.adopt()] == [True]
            await engine.stop(instance.handle, 5)

        self.run(test)

    def test_a_quiet_server_listens_and_has_no_connections(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(WEB)
            assert instance.endpoint is not None
            await engine.probe(instance.handle, Probe("my-host", ("/",)))
            assert await engine.listening(instance.handle) == (instance.endpoint.port,)
            assert await engine.connections(instance.handle) == 0
            await engine.stop(instance.handle, 5)

        self.run(test)

    def test_a_one_off_ends_with_its_code(self) -> None:
        async def test(engine: Engine) -> None:
            attached = await engine.run(launch("exit 4", process="run.1"), None)
            assert await said(attached) == {Output.STDOUT: "", Output.STDERR: ""}
            assert await attached.read() is None
            assert await attached.wait() == Exit(4)

        self.run(test)

    def test_a_one_off_hears_its_stdin_to_the_end(self) -> None:
        async def test(engine: Engine) -> None:
            attached = await engine.run(launch("cat", process="run.1"), None)
            await attached.write(b"a line\n")
            await attached.write(b"")
            assert (await said(attached))[Output.STDOUT].endswith("a line\n")
            assert await attached.wait() == Exit(0)

        self.run(test)

    def test_a_killed_one_off_is_over(self) -> None:
        async def test(engine: Engine) -> None:
            attached = await engine.run(launch("cat", process="run.1"), None)
            await attached.kill()
            await attached.kill()
            assert await attached.wait() == Exit(137)

        self.run(test)

    def test_a_command_cannot_be_run_in_a_process_that_has_ended(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(launch("exit 0"))
            await engine.wait(instance.handle)
            with pytest.raises(PorticoError) as caught:
                await engine.execute(instance.handle, ("true",), None)
            assert caught.value.as_dict() == {
                "title": "There is no such process any more.",
                "detail": "It has ended, or is just ending.",
                "hint": "List the running ones with `portico ps`, then try again.",
            }

        self.run(test)

    def test_removing_an_app_ends_its_processes(self) -> None:
        async def test(engine: Engine) -> None:
            instance = await engine.start(WEB)
            await engine.remove_app(7)
            await engine.wait(instance.handle)
            assert await engine.adopt() == []

        self.run(test)

    def test_the_sender_of_logs_ends_with_its_input(self) -> None:
        async def test(engine: Engine) -> None:
            sender = await engine.log_sender(7)
            await sender.write(b"")
            assert await sender.wait() == Exit(0)
            other = await engine.log_sender(7)
            await other.kill()
            await other.wait()

        self.run(test)
