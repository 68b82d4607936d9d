"""Starting launchers: a constant environment, only the named descriptors, a session of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from portico.engines.local.process_table.pids import Held

# When the machine itself runs out of memory, the kernel ends what has this before the server and
# whatever else runs there.
FIRST_TO_GO = b"500"
# Nothing is inherited: a launcher may run as root, and a variable such as LD_PRELOAD is code.
CONSTANT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Streams:
    """Descriptors for a child's three streams; the caller keeps its own copies."""

    stdin: int
    stdout: int
    stderr: int


class Child:
    """A launcher that this process has started, and has to reap."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self.held = Held.of(popen.pid)  # not reaped yet, so the number is its own

    async def wait(self) -> int:
        """Its exit code, or 128 + signal."""
        await self.held.ended()
        code = self._popen.wait()
        return 128 - code if code < 0 else code

    def close(self) -> None:
        self.held.close()


def spawn(
    program: str,
    name: str,
    words: Iterable[str],
    streams: Streams,
    descriptors: Iterable[int],
    groups: tuple[int, ...] = (),
) -> Child:
    """Start `program`, which finds `name` as its own, in the control groups of those descriptors.

    Only from the main thread: what ends with its parent ends with the thread that started it.
    """
    popen = subprocess.Popen(
        [name, *words],
        executable=program,
        env=dict(CONSTANT),
        stdin=streams.stdin,
        stdout=streams.stdout,
        stderr=streams.stderr,
        pass_fds=tuple(descriptors),
        start_new_session=True,
        # A launcher that enters a user namespace keeps root's groups otherwise.
        extra_groups=() if os.geteuid() == 0 else None,
        cwd="/",
        preexec_fn=partial(_enter, groups),
    )
    return Child(popen)


def _enter(groups: tuple[int, ...]) -> None:
    """Between fork and exec, so that nothing of it ever runs outside of its groups.

    Another thread of the agent may hold any lock here: this writes, and does nothing else.
    """
    for group in groups:
        os.write(group, b"0")
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(score, FIRST_TO_GO)
    os.close(score)
