"""An agent that comes back: a process of its own that is killed stands for the one before."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from portico.engines.engine import Exit, Probe
from portico.engines.local.process_table.marks import marked, marker
from portico.engines.local.process_table.pids import Pid, boot_id
from portico.engines.local.processes.adoption import judge
from portico.engines.local.processes.records import Folder, Pids, Record
from tests.engines.contract import launch
from tests.engines.local.machines import Server, server, until

REPOSITORY = Path(__file__).parents[4]
# An agent that starts processes, says their handles, and waits to be killed.
AGENT = """
import asyncio, json, sys
from pathlib import Path
from tests.engines.contract import WEB, launch
from tests.engines.local.machines import Server

async def main():
    engine = Server(Path(sys.argv[1])).engine()
    web = await engine.start(WEB)
    await engine.mark_ready(web.handle)
    counter = await engine.start(launch(sys.argv[2], process="worker.1"))
    if sys.argv[3] == "one-off":
        attached = await engine.run(launch("echo up; sleep 300", process="run.1"), None)
        await attached.read()
    print(json.dumps([web.handle, counter.handle]), flush=True)
    await asyncio.sleep(300)

asyncio.run(main())
"""


def killed_agent(made: Server, command: str, extra: str = "") -> tuple[str, str]:
    """Start a web process and a worker, and kill -9 who did; their handles."""
    words = [sys.executable, "-c", AGENT, str(made.layout.data), command, extra]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as agent:
        assert agent.stdout is not None
        web, worker = json.loads(agent.stdout.readline())
        agent.kill()
    return web, worker


def test_running_processes_are_taken_over_with_all_that_was_known() -> None:
    with server() as made:
        web, worker = killed_agent(made, "while true; do echo tick; sleep 0.05; done")

        async def test() -> None:
            engine = made.engine()
            found = {instance.handle: instance for instance in await engine.adopt()}
            assert set(found) == {web, worker}
            assert (found[web].ready, found[worker].ready) == (True, False)
            assert (found[web].process, found[web].release, found[web].generation) == (
                "web.1",
                3,
                2,
            )
            answers = await engine.probe(web, Probe("h", ("/",)))
            assert answers.statuses == {"/": 200}
            await until(lambda: "tick" in made.output.text("worker.1"))
            for handle in found:
                await engine.stop(handle, 5)
            assert await engine.wait(web) == Exit(143)
            assert list(made.layout.processes.iterdir()) == []
            assert list(made.layout.app(7).glob("layers/*")) == []

        asyncio.run(test())


def test_an_adopted_process_tells_its_exit_code() -> None:
    with server() as made:
        command = "while [ ! -e /data/go ]; do sleep 0.02; done; echo last words; exit 12"
        web, worker = killed_agent(made, command)

        async def test() -> None:
            engine = made.engine()
            await engine.adopt()
            (made.layout.app_data(7) / "go").touch()
            assert await engine.wait(worker) == Exit(12)
            assert made.output.text("worker.1") == "last words\n"
            await engine.stop(web, 5)

        asyncio.run(test())


def test_endpoints_of_adopted_processes_are_not_given_out_again() -> None:
    with server() as made:
        killed_agent(made, "sleep 300")

        async def test() -> None:
            engine = made.engine()
            adopted = [found.endpoint for found in await engine.adopt() if found.endpoint]
            later = (await engine.start(launch("sleep 300", listens=True))).endpoint
            assert adopted
            assert later is not None
            assert later not in adopted
            await engine.remove_app(7)

        asyncio.run(test())


def test_what_ended_meanwhile_is_not_adopted_and_leaves_no_files() -> None:
    with server() as made:
        web, worker = killed_agent(made, "exec sleep 300")
        for handle in (web, worker):
            pids = made.pids(handle)
            os.kill(pids.init.pid, signal.SIGKILL)
            asyncio.run(until(lambda gone=pids.launcher: not gone.alive))  # type: ignore[misc]

        async def test() -> None:
            assert await made.engine().adopt() == []
            assert list(made.layout.processes.iterdir()) == []
            assert list(made.layout.app(7).glob("layers/*")) == []

        asyncio.run(test())


def test_one_offs_end_with_the_agent() -> None:
    with server() as made:
        web, worker = killed_agent(made, "exec sleep 300", "one-off")
        server_name = made.layout.runtime.name
        asyncio.run(until(lambda: set(marked(server_name)) == {web, worker}))

        async def test() -> None:
            engine = made.engine()
            await engine.adopt()
            layers = {layer.name for layer in made.layout.app(7).glob("layers/*")}
            assert layers == {web, worker}
            await engine.remove_app(7)

        asyncio.run(test())


def test_a_process_whose_launch_was_never_recorded_is_ended() -> None:
    with server() as made:
        web, worker = killed_agent(made, "exec sleep 300")
        pids = made.pids(worker)
        folder = Folder(made.layout.processes / worker)
        folder.write(made.record(worker).model_copy(update={"pids": None}))

        async def test() -> None:
            engine = made.engine()
            assert [found.handle for found in await engine.adopt()] == [web]
            assert not pids.init.alive
            assert not folder.path.exists()
            await engine.stop(web, 5)

        asyncio.run(test())


def record(handle: str, *, boot: str, pids: Pids | None) -> Record:
    return Record(
        boot=boot,
        handle=handle,
        app_id=7,
        process="web.1",
        release=1,
        generation=1,
        started_at=0,
        user=None,
        pids=pids,
    )


def test_records_of_another_boot_or_of_reused_pids_are_abandoned() -> None:
    me, boot = Pid.of(os.getpid()), boot_id()
    mine = Pids(launcher=me, init=me, command=me)
    other = Pid(me.pid, me.start + 1)
    reused = Pids(launcher=other, init=other, command=other)
    records = {
        "good": record("good", boot=boot, pids=mine),
        "boot": record("boot", boot="another", pids=mine),
        "pids": record("pids", boot=boot, pids=reused),
        "half": record("half", boot=boot, pids=None),
        "none": None,
    }
    folders = [(Folder(Path(name)), found) for name, found in records.items()]
    verdict = judge(folders, {"good": [1], "half": [2, 3]}, boot)
    assert [folder.path.name for folder, _ in verdict.adopted] == ["good"]
    assert [folder.path.name for folder in verdict.abandoned] == ["boot", "pids", "half", "none"]
    assert verdict.orphans == (2, 3)


def test_a_marker_names_the_server_so_that_two_leave_each_other_alone() -> None:
    assert marker("a1", "7-web.1-x") == "portico-sandbox:a1:7-web.1-x"
    assert marked("no-such-server") == {}
