"""Processes of this machine, held so that no signal can reach a later owner of a number."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
SHELLS = frozenset({"sh", "dash", "bash", "ash", "zsh", "ksh", "mksh", "busybox"})
ZOMBIE_STATES = "ZX"


@dataclass(frozen=True)
class Pid:
    """A pid with the time its process started, in clock ticks since the boot."""

    pid: int
    start: int

    @classmethod
    def of(cls, pid: int) -> Pid:
        """Raises ProcessLookupError when there is no such process."""
        return cls(pid, int(_stat(pid)[19]))

    @property
    def alive(self) -> bool:
        """Whether it runs; a zombie does not."""
        try:
            fields = _stat(self.pid)
        except ProcessLookupError:
            return False
        return int(fields[19]) == self.start and fields[0] not in ZOMBIE_STATES


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on; the name before it may hold anything."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessLookupError(pid) from error
    return text.rpartition(")")[2].split()


class Held:
    """A process held by its pidfd until `close`."""

    def __init__(self, pid: Pid) -> None:
        self.pid = pid
        self._fd = os.pidfd_open(pid.pid)
        try:
            if Pid.of(pid.pid) != pid:
                raise ProcessLookupError(pid.pid)
        except BaseException:
            os.close(self._fd)
            raise

    @classmethod
    def of(cls, pid: int) -> Held:
        return cls(Pid.of(pid))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, number)

    async def ended(self) -> None:
        """Return when the process has ended, be it a child of this one or not."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        # A loop has one reader for a descriptor, and several tasks may wait here.
        watched = os.dup(self._fd)
        loop.add_reader(watched, done.set)
        try:
            await done.wait()
        finally:
            loop.remove_reader(watched)
            os.close(watched)

    def close(self) -> None:
        os.close(self._fd)


def children(pid: int) -> list[int]:
    """The children of all threads of a process, oldest first; empty when it has ended."""
    found: list[int] = []
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        return found
    return found


def descendants(pid: int) -> Iterator[int]:
    """All below a process. A loop: an app may nest its processes deeper than Python's stack."""
    found = children(pid)
    while found:
        child = found.pop()
        yield child
        found += children(child)


def commands(pid: int) -> list[int]:
    """Whom to ask to end: the process, or behind shells that merely wait, what they wait for.

    A shell without a trap would die of SIGTERM at once and leave its command without an heir; one
    with a trap wants to be told as well.
    """
    told: list[int] = []
    looked_at = [pid]
    while looked_at:
        candidate = looked_at.pop()
        below = children(candidate) if _is_shell(candidate) else []
        looked_at += below
        if not below or _catches_sigterm(candidate):
            told.append(candidate)
    return told


def _is_shell(pid: int) -> bool:
    try:
        return (PROC / str(pid) / "exe").readlink().name in SHELLS
    except OSError:
        return False


def _catches_sigterm(pid: int) -> bool:
    try:
        status = (PROC / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return False
    caught = next(
        (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), "0"
    )
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def boot_id() -> str:
    """Another one after every boot: pids of another boot mean nothing."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


async def end_all(pids: Iterable[int]) -> None:
    """End processes and wait until they have."""
    await asyncio.gather(*(_end(pid) for pid in pids))


async def _end(pid: int) -> None:
    try:
        held = Held.of(pid)
    except ProcessLookupError:
        return
    try:
        held.signal(signal.SIGKILL)
        await held.ended()
    finally:
        held.close()
