"""The end of the server: the apps, then the router, then web."""

from __future__ import annotations

import contextlib
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from portico.errors import PorticoError
from portico.supervisor.child import Child
from portico.supervisor.processes import Processes

APPS, ROUTER, WEB = 60.0, 10.0, 15.0  # seconds each may take


def end_all(processes: Processes, say: Callable[[str], None]) -> None:
    """What could not be ended keeps its records, so that a second try finds it."""
    say("Stopping: the apps first, then the router and web.")
    apps_ended = _end_apps(processes)
    processes.router.end(signal.SIGTERM, ROUTER)
    processes.web.end(signal.SIGTERM, WEB)
    if not apps_ended:
        raise PorticoError(
            "Not all apps could be ended.",
            f"What the agent said of it is in {processes.agent.log}.",
            f"Try again with `portico server stop --data {processes.layout.data}`.",
        )
    _remove(processes.layout.runtime)
    say("Portico has stopped.")


def _remove(runtime: Path) -> None:
    """Also the folder that servers of one user share, when this was the last."""
    shutil.rmtree(runtime, ignore_errors=True)
    if runtime.parent.name.startswith("portico"):
        with contextlib.suppress(OSError):
            runtime.parent.rmdir()


def _end_apps(processes: Processes) -> bool:
    """By the agent; by another one in its place when it cannot."""
    if processes.agent.end(signal.SIGINT, APPS) == 0:
        return True
    child = Child.start(processes.end_program(), processes.agent.log)
    child.wait(APPS)
    return child.end(signal.SIGKILL, 1.0) == 0
