"""Processes held so that no signal can reach a later owner of a number."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portico.engines.local.process_table.pids import (
    PROC,
    Held,
    Pid,
    children,
    commands,
    descendants,
)
from tests.engines.local.machines import until


@contextmanager
def running(script: str) -> Iterator[subprocess.Popen[str]]:
    """A shell that has printed a line, and all its children until the end of the block."""
    with subprocess.Popen(
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as shell:
        try:
            assert shell.stdout is not None
            shell.stdout.readline()
            yield shell
        finally:
            os.killpg(shell.pid, signal.SIGKILL)


def test_a_pid_with_another_start_time_is_another_process() -> None:
    me = Pid.of(os.getpid())
    assert me.alive
    other = Pid(me.pid, me.start + 1)
    assert not other.alive
    with pytest.raises(ProcessLookupError):
        Held(other)


def test_a_zombie_is_not_alive_and_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        held = Held.of(child.pid)
        asyncio.run(asyncio.wait_for(held.ended(), 20))
        assert not held.pid.alive
        held.close()


def test_a_signal_to_a_process_that_is_gone_does_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        held = Held.of(child.pid)
    held.signal(signal.SIGKILL)
    held.close()


def test_several_can_wait_for_one_end() -> None:
    async def test(held: Held) -> None:
        waiting = [asyncio.create_task(held.ended()) for _ in range(2)]
        await asyncio.sleep(0)
        held.signal(signal.SIGKILL)
        await asyncio.wait_for(asyncio.gather(*waiting), 20)

    with subprocess.Popen(["sleep", "300"]) as child:
        held = Held.of(child.pid)
        asyncio.run(test(held))
        held.close()


def names(pids: list[int]) -> list[str]:
    found = ((PROC / str(pid) / "comm").read_text().strip() for pid in pids)
    return sorted(found)


def test_the_command_behind_shells_is_found() -> None:
    with running("sh -c 'echo up; sleep 300; true'; true") as shell:
        asyncio.run(until(lambda: names(commands(shell.pid)) == ["sleep"]))
        assert names(children(shell.pid)) == ["sh"]
        assert set(commands(shell.pid)) < set(descendants(shell.pid))


def test_all_commands_of_a_shell_are_found() -> None:
    with running("sleep 300 & sleep 300 & echo up; wait; true") as shell:
        asyncio.run(until(lambda: names(commands(shell.pid)) == ["sleep", "sleep"]))


def test_a_shell_with_a_trap_is_told_too() -> None:
    with running("trap 'exit 1' TERM; sleep 300 & echo up; wait; true") as shell:
        asyncio.run(until(lambda: names(commands(shell.pid)) == ["sh", "sleep"]))


def test_what_is_no_shell_is_told_itself() -> None:
    assert commands(os.getpid()) == [os.getpid()]
