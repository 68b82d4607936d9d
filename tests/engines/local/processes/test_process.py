"""Who is who in a sandbox, found out while it may be ending."""

from __future__ import annotations

import subprocess
from pathlib import Path

from portico.engines.local.process_table.pids import Held, Pid
from portico.engines.local.processes.process import find_pids
from portico.engines.local.processes.records import Folder, Pids


class Announced(Folder):
    """Of a sandbox whose pid 1 is known."""

    def __init__(self, path: Path, init: int) -> None:
        super().__init__(path)
        self._init = init

    def init_pid(self) -> int | None:
        return self._init


def test_a_command_that_has_ended_leaves_pid_1_to_be_ended(tmp_path: Path) -> None:
    with subprocess.Popen(("sleep", "300")) as alone:
        pid, folder = Pid.of(alone.pid), Announced(tmp_path, alone.pid)
        launcher = Held(pid)
        assert find_pids(launcher, folder) == Pids(launcher=pid, init=pid, command=pid)
        alone.kill()
        alone.wait()
        assert find_pids(launcher, folder) is None
        launcher.close()
