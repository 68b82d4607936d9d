"""A running process of the server, started by this supervisor or by one before it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from pathlib import Path

from portico.supervisor.identity import START_TIME, Identity, is_running, stat_fields
from portico.supervisor.logs import open_log
from portico.supervisor.programs import Program


class Child:
    """Watched by pidfd, which becomes readable at its end and never means another process."""

    def __init__(
        self, identity: Identity, pidfd: int, popen: subprocess.Popen[bytes] | None = None
    ) -> None:
        self.identity = identity
        self.pidfd = pidfd
        self._popen = popen

    @classmethod
    def start(cls, program: Program, log: Path) -> Child:
        """Start it in a session of its own. Raises OSError when it cannot be started."""
        output = open_log(log)
        try:
            popen = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=program.environment,
                pass_fds=program.descriptors,
                start_new_session=True,
                umask=0o077,
            )
        finally:
            os.close(output)
        start_time = int(stat_fields(popen.pid)[START_TIME])
        return cls(Identity(popen.pid, start_time), os.pidfd_open(popen.pid), popen)

    @classmethod
    def adopt(cls, identity: Identity) -> Child | None:
        """Take over a process that runs already, None when it has ended."""
        try:
            pidfd = os.pidfd_open(identity.pid)
        except OSError:
            return None
        if is_running(identity):
            return cls(identity, pidfd)
        os.close(pidfd)
        return None

    def send(self, signum: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signum)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within that time."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def end(self, signum: int, grace: float) -> int | None:
        """Ask it to end, make it end after `grace` seconds; returns its exit code, if known."""
        self.send(signum)
        if not self.wait(grace):
            self.send(signal.SIGKILL)
            self.wait(grace)
        return self.collect()

    def collect(self) -> int | None:
        """After its end: the exit code, negative for a signal; None when it was not our child."""
        os.close(self.pidfd)
        if self._popen is not None:
            return self._popen.wait()
        with contextlib.suppress(ChildProcessError):
            return os.waitstatus_to_exitcode(os.waitpid(self.identity.pid, 0)[1])
        return None
