"""The filter on system calls as a descriptor, for launchers and for those who enter a sandbox."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portico.engines.local.children.descriptors import text_file
from portico.engines.seccomp.policy import Refusal
from portico.engines.seccomp.program import program

ACTIONS = Path("/proc/sys/kernel/seccomp/actions_avail")  # there when the kernel takes filters


@contextmanager
def open_filter(refusals: tuple[Refusal, ...]) -> Iterator[int | None]:
    """Open it for one launch; None where the kernel has none, or its calls are not known here."""
    filtering = program(refusals, platform.machine()) if ACTIONS.exists() else None
    if filtering is None:
        yield None
        return
    descriptor = text_file("filter", filtering)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
