"""What the agent asks of the machine before it serves: limits that Envoy and many apps need."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

from portico.layout import Layout, users
from portico.sysctls import SYSCTL, change

# Envoy opens an instance with a watch per endpoint file and aborts at the limit, 128 by default.
INOTIFY = ("fs/inotify/max_user_instances", "fs/inotify/max_user_watches")
WANTED = 65_536


def raise_limits(layout: Layout) -> None:
    """Raise what this process may raise; `portico server doctor` names what stays too low."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if users().is_root:
        with contextlib.suppress(OSError):
            _raise_inotify(layout)


def endpoint_files_work(root: Path = SYSCTL) -> bool:
    """Whether the router may watch a file per app, or must find its endpoints inline."""
    with contextlib.suppress(OSError, ValueError):
        return users().is_root and not too_low(root)
    return False


def too_low(root: Path) -> dict[str, str]:
    """What is to be set."""
    return {name: str(WANTED) for name in INOTIFY if int((root / name).read_text()) < WANTED}


def _raise_inotify(layout: Layout) -> None:
    if changes := too_low(SYSCTL):
        change(SYSCTL, layout.changed_sysctls, changes)
