"""Run by its path, alone: enters a running sandbox and becomes a command there.

    python -I -S enter.py DESCRIPTOR[,DESCRIPTOR...] COMMAND...

The descriptors are namespaces, entered in that order. They were opened and checked by the caller,
so no reused pid can lead elsewhere. Ends with the thread that started it, and the command with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

SET_PARENT_DEATH_SIGNAL, DROP_FROM_BOUNDING_SET, SET_NO_NEW_PRIVILEGES = 1, 24, 38
CAPABILITIES = range(64)
CONSTANT = {"PATH": "/usr/bin:/bin"}


def enter(namespaces: list[int], command: list[str]) -> int:
    """The command's exit code, or 128 + signal."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    for namespace in namespaces:
        if libc.setns(namespace, 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        os.close(namespace)
    child = os.fork()  # a pid namespace holds only what is born after entering it
    if child == 0:
        libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if os.getuid() != 0:  # in a user namespace; else setpriv does it
            for capability in CAPABILITIES:
                libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
        os.chdir("/app")
        os.execve(command[0], command, CONSTANT)  # noqa: S606 - no shell is wanted
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(enter([int(number) for number in sys.argv[1].split(",")], sys.argv[2:]))
