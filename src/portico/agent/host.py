"""What the agent asks of the machine before it serves: limits that Envoy and many apps need."""

from __future__ import annotations

import contextlib
import resource

from portico.layout import Layout, users
from portico.sysctls import SYSCTL, change

INSTANCES = "fs/inotify/max_user_instances"
INOTIFY_INSTANCES = SYSCTL / INSTANCES
# Envoy opens one instance per endpoint file and aborts at the limit, 128 by default.
WANTED_INSTANCES = 65_536


def raise_limits(layout: Layout) -> None:
    """Raise what this process may raise; `portico server doctor` names what stays too low."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if users().is_root:
        with contextlib.suppress(OSError):
            _raise_inotify(layout)


def endpoint_files_work() -> bool:
    """Whether the router may watch a file per app, or must find its endpoints inline."""
    with contextlib.suppress(OSError, ValueError):
        return users().is_root and int(INOTIFY_INSTANCES.read_text()) >= WANTED_INSTANCES
    return False


def _raise_inotify(layout: Layout) -> None:
    if int(INOTIFY_INSTANCES.read_text()) < WANTED_INSTANCES:
        change(SYSCTL, layout.changed_sysctls, {INSTANCES: str(WANTED_INSTANCES)})
