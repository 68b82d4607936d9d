"""Run by its path, alone: enters a running sandbox and becomes a command there.

    python -I -S enter_program.py NAMESPACES FILTERS USER COMMAND...

The first two are lists of descriptors, with commas. Namespaces are entered in that order; they were
opened and checked by the caller, so no reused pid can lead elsewhere. Filters are files with
programs that the kernel runs at each system call of the command; where a machine has none, the list
is empty. USER is become in the last of the namespaces, unless it is `-`. Ends with the thread that
started it, and the command with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

SET_PARENT_DEATH_SIGNAL, SET_SECCOMP, DROP_FROM_BOUNDING_SET, SET_NO_NEW_PRIVILEGES = 1, 22, 24, 38
FILTER_MODE, INSTRUCTION_BYTES = 2, 8
CAPABILITIES = range(64)
CONSTANT = {"PATH": "/usr/bin:/bin"}


class Program(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = (("count", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def enter(namespaces: list[int], filters: list[int], user: str, command: list[str]) -> int:
    """The command's exit code, or 128 + signal."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    for namespace in namespaces:
        _check(libc.setns(namespace, 0))
        os.close(namespace)
    child = os.fork()  # a pid namespace holds only what is born after entering it
    if child == 0:
        libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if user != "-" or os.getuid() != 0:  # in a user namespace; else setpriv does it
            for capability in CAPABILITIES:
                libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
        if user != "-":
            become(int(user))
        os.chdir("/app")
        for program in filters:
            _filter_calls(libc, program)
        os.execve(command[0], command, CONSTANT)  # noqa: S606 - no shell is wanted
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _filter_calls(libc: ctypes.CDLL, descriptor: int) -> None:
    with os.fdopen(descriptor, "rb") as file:
        text = file.read()
    program = Program(len(text) // INSTRUCTION_BYTES, text)
    _check(libc.prctl(SET_SECCOMP, FILTER_MODE, ctypes.byref(program), 0, 0))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def descriptors(words: str) -> list[int]:
    return [int(number) for number in words.split(",") if number]


def become(user: int) -> None:
    """What capabilities there were go with the next program, which is no root's."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


if __name__ == "__main__":
    namespaces, filters, user, *command = sys.argv[1:]
    sys.exit(enter(descriptors(namespaces), descriptors(filters), user, command))
