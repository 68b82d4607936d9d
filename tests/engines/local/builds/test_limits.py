"""What a build step may use, shown by steps that want more."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

import pytest

from portico.engines.engine import BoxEnd
from portico.engines.limits import Limits
from portico.engines.local import LocalEngine
from portico.engines.local.cgroups.server import server_groups
from portico.engines.local.process_table.marks import marked
from portico.engines.local.process_table.pids import PROC
from tests.engines.local.builds.boxed import BOX, boxed, lines_of
from tests.engines.local.machines import Server, until

SMALL = replace(BOX, limits=Limits(memory=96 << 20, pids=30))
HAS = server_groups("test").controllers
needs_memory = pytest.mark.skipif(
    "memory" not in HAS, reason="needs control groups for memory: root, or a delegated one"
)
needs_pids = pytest.mark.skipif(
    "pids" not in HAS, reason="needs control groups for processes: root, or a delegated one"
)
FORKS = """
def forks():
    for number in range(200):
        try:
            if os.fork() == 0:
                time.sleep(300)
        except OSError as error:
            return number, error.strerror
    return number, "all"
"""


def named(text: str) -> list[int]:
    """Processes of the machine that have that word on their command line."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if text.encode() in words.split(b"\0"):
            found.append(int(entry.name))
    return found


@needs_memory
@pytest.mark.parametrize(
    "program",
    [
        "held = [bytearray(1 << 20) for _ in range(10_000)]",
        # a child is ended for it, again and again, and its parent would go on
        """
while True:
    code = "held = [bytearray(1 << 20) for _ in range(10_000)]"
    subprocess.run([sys.executable, "-c", code])
""",
        # files in memory count too
        """
for name in ("/tmp/a", "/dev/shm/b", "/tmp/c", "/dev/shm/d"):
    with open(name, "wb") as file:
        try:
            while True: file.write(bytes(1 << 20))
        except OSError: pass
""",
    ],
)
def test_a_step_that_uses_up_its_memory_is_stopped_and_told_apart(program: str) -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        end = await engine.box(SMALL, print)
        assert end.out_of_memory
        assert not end.timed_out
        assert marked(server.layout.runtime.name) == {}

    boxed(program, test)


def test_files_in_memory_have_a_size() -> None:
    program = """
for folder in ("/tmp", "/dev/shm"):
    print(os.statvfs(folder).f_blocks * os.statvfs(folder).f_frsize)
"""

    async def test(_: Server, engine: LocalEngine) -> None:
        assert await lines_of(engine, SMALL) == [str(48 << 20)] * 2

    boxed(program, test)


@needs_pids
def test_a_step_that_forks_without_end_is_refused_more_and_is_told_apart() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        end = await engine.box(SMALL, lines.append)
        assert end == BoxEnd(5, "", out_of_processes=True)
        count, words = lines[-1].split(" ", 1)
        assert (int(count) < 30, words) == (True, "Resource temporarily unavailable")
        assert marked(server.layout.runtime.name) == {}

    boxed(f"{FORKS}\nprint(*forks(), flush=True)\nos._exit(5)", test)


@pytest.mark.skipif(frozenset() != HAS, reason="control groups do it here")
def test_without_control_groups_each_process_is_limited() -> None:
    program = f"""{FORKS}
print(*forks()[1:], flush=True)
try:
    held = bytearray(200 << 20)
except MemoryError:
    print("no memory")
"""

    async def test(_: Server, engine: LocalEngine) -> None:
        assert await lines_of(engine, SMALL) == ["Resource temporarily unavailable", "no memory"]

    boxed(program, test)


@pytest.mark.parametrize("seconds", [60, 2])
def test_daemons_that_leave_their_parents_end_with_the_step(seconds: float) -> None:
    """Double forks in sessions of their own, whose parents are gone."""
    program = """
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv("/bin/sleep", ["sleep", json.load(sys.stdin)])
        os._exit(0)
    os.wait()
print("left", flush=True)
time.sleep(300 if SECONDS < 60 else 0)
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        length = f"30{os.getpid()}.{seconds}"
        box = replace(SMALL, order=f'"{length}"', seconds=seconds)
        end = await engine.box(box, print)
        assert end.timed_out == (seconds < 60)
        # Without control groups the kernel ends them a moment after the launcher's own end.
        await until(lambda: named(length) == [])
        assert marked(server.layout.runtime.name) == {}

    boxed(program.replace("SECONDS", str(seconds)), test)


@needs_pids
def test_no_group_stays_behind_a_step_or_an_agent() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        groups = engine._machine.groups.builds
        left = groups.make("left-by-an-agent-that-was-killed", SMALL.limits)
        lines: list[str] = []
        step = asyncio.create_task(engine.box(replace(SMALL, network=True), lines.append))
        await until(lambda: lines == ["up"])
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        parents = {folder.parent for _, folder in left.folders}
        assert {path for parent in parents for path in parent.iterdir() if path.is_dir()} == {
            folder for _, folder in left.folders
        }
        await server.engine().adopt()
        assert [parent for parent in parents if parent.exists()] == []

    boxed('print("up", flush=True); time.sleep(300)', test)
