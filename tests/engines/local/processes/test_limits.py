"""What a process may use, shown by processes that want more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portico.engines.engine import Exit, Launch
from portico.engines.limits import Limits, OutOfMemory
from portico.engines.local import LocalEngine
from portico.engines.local.cgroups.server import server_groups
from portico.errors import PorticoError
from tests.engines.contract import launch
from tests.engines.local.machines import Server, output_of, run, until

MIB = 1 << 20
SMALL = Limits(memory=64 * MIB, cpu_weight=100, cpus=0.5, pids=20, files=64)
HAS = server_groups("test").controllers
BOMB = "held = [bytearray(1 << 20) for _ in range(100_000)]"
needs_groups = pytest.mark.skipif(
    not {"memory", "cpu", "pids"} <= HAS, reason="needs control groups: root, or a delegated one"
)


def python(program: str, name: str = "web.1", limits: Limits = SMALL) -> Launch:
    order = launch(f"exec /usr/bin/python3 -c '{program}'", process=name)
    return replace(order, limits=limits)


# As the kernel has what a test gives a running process.
V1 = {"memory.limit_in_bytes": str(128 * MIB), "pids.max": "40", "cpu.cfs_quota_us": "-1"}
V2 = {"memory.max": str(128 * MIB), "pids.max": "40", "cpu.max": "max 100000"}


def folders(server: Server) -> Iterator[Path]:
    """The groups of a server, of either version."""
    yield from Path("/sys/fs/cgroup").glob(f"**/portico-{server.layout.runtime.name}*/**/7-*/")


@needs_groups
def test_a_process_that_uses_up_its_memory_is_stopped_and_its_neighbour_is_not() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        neighbour = await engine.start(python("import time; time.sleep(300)", "worker.1"))
        bomb = await engine.start(python(BOMB))
        assert await engine.wait(bomb.handle) == Exit(137, OutOfMemory.ITS_OWN)
        used = await engine.usage()
        assert [*used] == [neighbour.handle]
        assert used[neighbour.handle].killed == 0
        await engine.stop(neighbour.handle, 5)
        assert list(folders(server)) == []

    run(test)


@needs_groups
def test_a_child_that_uses_up_the_memory_is_counted_and_its_parent_goes_on() -> None:
    program = f"""
import subprocess, sys, time
print(subprocess.run([sys.executable, "-c", "{BOMB}"]).returncode, flush=True)
time.sleep(300)
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(python(program))
        await until(lambda: "-9" in server.output.text())
        assert (await engine.usage())[instance.handle].killed == 1
        # What the agent after this one will know. (An engine beside this one would wait for the
        # same end, and whoever is later of the two finds no exit code any more.)
        assert server.record(instance.handle).instance.limits == SMALL
        # What ends by itself did not end for that.
        await engine.stop(instance.handle, 5)
        assert await engine.wait(instance.handle) == Exit(143)

    run(test)


@needs_groups
def test_a_one_off_that_uses_up_its_memory_says_so() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        attached = await engine.run(python(BOMB, "run.1"), None)
        while await attached.read() is not None:
            pass
        assert await attached.wait() == Exit(137, OutOfMemory.ITS_OWN)
        assert list(folders(server)) == []

    run(test)


def test_a_process_that_forks_without_end_is_refused_more() -> None:
    program = """
import os, time
children = 0
try:
    while children < 200:
        if os.fork() == 0:
            time.sleep(300)
            os._exit(0)
        children += 1
except OSError as error:
    print(children < 20, error.strerror, flush=True)
time.sleep(300)
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(python(program))
        await until(lambda: "\n" in server.output.text())
        assert server.output.text() == "True Resource temporarily unavailable\n"
        if "pids" in HAS:
            used = (await engine.usage())[instance.handle]
            assert (used.processes, used.refused > 0) == (20, True)
        await engine.stop(instance.handle, 0)

    run(test)


def test_open_files_have_an_end_that_nobody_inside_can_raise() -> None:
    program = """
import os, resource
files = 0
try:
    while files < 1000: os.open("/dev/null", os.O_RDONLY); files += 1
except OSError as error:
    print(files < 64, error.strerror)
try: resource.setrlimit(resource.RLIMIT_NOFILE, (65, 65))
except ValueError as error: print(error)
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        said = "True Too many open files\nnot allowed to raise maximum limit\n"
        assert await output_of(server, engine, python(program)) == said

    run(test)


@needs_groups
def test_processors_are_capped_by_the_kernels_own_count() -> None:
    """What it has used is what its periods allow: it wanted all of them."""
    slow = replace(SMALL, cpus=0.1)

    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(python("while True: pass", limits=slow))

        async def used() -> float:
            return (await engine.usage())[instance.handle].cpu_seconds or 0

        async def enough() -> bool:
            return await used() > 0.3

        await until(enough)
        seconds = await used()
        (stat,) = [path for folder in folders(server) for path in folder.glob("cpu.stat")]
        counted = dict(line.split() for line in stat.read_text().splitlines())
        assert int(counted["nr_throttled"]) > 1
        assert seconds < (int(counted["nr_periods"]) + 2) * 0.1 * 0.1 * 1.5
        await engine.stop(instance.handle, 0)

    run(test)


@needs_groups
def test_limits_of_a_running_process_are_the_kernels_at_once() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        program = 'held = bytearray(48 << 20); print("up", flush=True)'
        instance = await engine.start(python(program + "; import time; time.sleep(300)"))
        await until(lambda: server.output.text() != "")
        more = replace(SMALL, memory=128 * MIB, cpus=None, pids=40)
        await engine.limit(instance.handle, more)
        written = {
            path.name: path.read_text().strip()
            for folder in folders(server)
            for path in folder.iterdir()
            if path.name in V1 | V2
        }
        assert written in (V1, V2)
        assert server.record(instance.handle).limits == more
        with pytest.raises(PorticoError) as caught:
            await engine.limit(instance.handle, replace(SMALL, memory=16 * MIB))
        assert caught.value.as_dict() == {
            "title": "web.1 could not be given its new limits.",
            "detail": "The server said: Device or resource busy. It may use more memory than that "
            "already.",
            "hint": "They count when it starts the next time: restart the app.",
        }
        await engine.stop(instance.handle, 0)

    run(test)


@needs_groups
def test_groups_left_by_a_crash_are_removed_and_those_of_running_processes_stay() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        instance = await engine.start(python("import time; time.sleep(300)"))
        left = engine._machine.groups.of_app(9).make("9-web.1-left", SMALL)
        assert all(folder.is_dir() for _, folder in left.folders)
        await server.engine().adopt()
        assert not any(folder.parent.is_dir() for _, folder in left.folders)
        assert {path.name for path in folders(server)} == {instance.handle}
        await engine.stop(instance.handle, 0)

    run(test)


def test_what_a_process_uses_is_told_with_groups_and_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        program = 'held = bytearray(32 << 20); sum(range(3_000_000)); print("up", flush=True)'
        instance = await engine.start(python(program + "; import time; time.sleep(300)"))
        await until(lambda: server.output.text() != "")
        counted = (await engine.usage())[instance.handle]
        monkeypatch.setattr(engine._processes[instance.handle]._group.counters, "_folders", ())
        seen = (await engine.usage())[instance.handle]
        for used in (counted, seen):
            assert (used.cpu_seconds or 0) > 0.01
            assert 32 * MIB < (used.memory or 0) < 64 * MIB
            assert 2 <= (used.processes or 0) <= 4
        await engine.stop(instance.handle, 0)

    run(test)


def test_files_in_memory_have_a_size() -> None:
    program = """
import os
for folder in ("/tmp", "/dev/shm"):
    print(os.statvfs(folder).f_blocks * os.statvfs(folder).f_frsize)
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        said = await output_of(server, engine, python(program))
        assert said.split() == [str(32 * MIB)] * 2

    run(test)


@needs_groups
def test_an_exec_counts_with_the_process_that_it_is_in() -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        instance = await engine.start(python("import time; time.sleep(300)"))
        before = (await engine.usage())[instance.handle].processes or 0
        attached = await engine.execute(instance.handle, ("sh", "-c", "echo up; read x"), None)
        assert await attached.read() is not None
        assert ((await engine.usage())[instance.handle].processes or 0) > before
        await attached.kill()
        await engine.stop(instance.handle, 0)

    run(test)


def test_the_kernel_ends_apps_before_the_server_when_the_machine_has_no_memory_left() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        said = await output_of(server, engine, launch("cat /proc/self/oom_score_adj"))
        assert said == "500\n"

    run(test)
