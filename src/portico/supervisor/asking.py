"""What is asked of a running supervisor, and waited for: that it ends, restarts, is ready."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

from portico.errors import PorticoError
from portico.layout import Layout
from portico.supervisor import status
from portico.supervisor.programs import Commands
from portico.supervisor.request import Request

STOP_SECONDS = 150.0  # the apps' 60, another agent's 60, and the rest
RESTART_SECONDS = 180.0  # migrations are part of it
PAUSE = 0.05


def stop(layout: Layout) -> None:
    """End the server and its apps, also what a dead supervisor has left."""
    if (supervisor := status.read(layout).supervisor) is not None:
        os.kill(supervisor.pid, signal.SIGTERM)
        _await(STOP_SECONDS, "stop", layout, lambda: status.read(layout).supervisor is None)
    if layout.runtime.exists():
        _end_remains(layout)


def restart(layout: Layout, seconds: float = RESTART_SECONDS, failures: int | None = None) -> None:
    """Let it take up new code and settings, and wait until it answers again.

    `failures`: so many of its processes may end unasked before it is given up.
    """
    before = status.read(layout)
    if before.supervisor is None:
        raise not_running(layout)
    os.kill(before.supervisor.pid, signal.SIGHUP)

    def done() -> bool:
        now = status.read(layout)
        begun = now.restarts > before.restarts
        if begun and failures is not None and now.failures > failures:
            raise _given_up(now, layout)
        return now.ready and begun

    _await(seconds, "restart", layout, done)


def await_ready(layout: Layout, seconds: float) -> None:
    _await(seconds, "start", layout, lambda: status.read(layout).ready)


def not_running(layout: Layout) -> PorticoError:
    data = layout.data
    return PorticoError(
        "No server runs on this data folder.",
        f"Nothing of a server on {data} was found running.",
        f"Start one with `portico server start --data {data}`, or give another --data.",
    )


def _given_up(found: status.ServerStatus, layout: Layout) -> PorticoError:
    down = [process.name for process in found.processes if process.state != status.RUNNING]
    return PorticoError(
        "The server did not restart.",
        f"{found.failures} times one of its processes has ended; "
        f"now {', '.join(down) or 'none'} does not run.",
        f"What they say is in {layout.platform_logs}.",
    )


def _await(seconds: float, what: str, layout: Layout, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise PorticoError(
                f"The server did not {what} in time.",
                f"It was given {seconds:g} seconds.",
                f"What its processes say is in {layout.platform_logs}.",
            )
        time.sleep(PAUSE)


def _end_remains(layout: Layout) -> None:
    """By a supervisor that does nothing else."""
    argv = [*Commands.supervisor, *Request(layout.data, stop=True).words()]
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise PorticoError(
            "What is left of the server could not be ended.",
            done.stderr.decode(errors="replace").strip(),
            f"Look into {layout.platform_logs}, then run `portico server stop` again.",
        )
