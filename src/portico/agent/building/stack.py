"""The identity of the file system that slugs are built and run on."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

DEFAULT_PYTHON = Path("/usr/bin/python3")


@cache
def host_stack() -> str:
    """The host's own /usr: distribution, release, C library, machine and Python.

    Looked up once: after an upgrade of the distribution the server is started anew anyway.
    """
    system = _release()
    name = f"{system.get('ID', 'linux')}-{system.get('VERSION_ID', 'rolling')}"
    library = (os.confstr("CS_GNU_LIBC_VERSION") or "unknown libc").replace(" ", "")
    python = DEFAULT_PYTHON.resolve().name if DEFAULT_PYTHON.exists() else "no-python"
    return f"host:{name}:{library}:{platform.machine()}:{python}"


def _release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
