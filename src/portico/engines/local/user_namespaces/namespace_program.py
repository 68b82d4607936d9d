"""Run by its path, alone, for opening.py.

python -I -S namespace_program.py hold
    makes a user namespace, writes a line, stays until its stdin ends
python -I -S namespace_program.py enter DESCRIPTOR NAME PROGRAM WORD...
    becomes PROGRAM, called NAME, as the root of that user namespace
"""

from __future__ import annotations

import ctypes
import os
import sys

NEW_USER_NAMESPACE = 0x1000_0000


def hold() -> None:
    _check(_libc().unshare(NEW_USER_NAMESPACE))
    print(flush=True)
    sys.stdin.read()


def enter(namespace: int, name: str, program: str, words: list[str]) -> None:
    join(namespace)
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.execv(program, [name, *words])  # noqa: S606 - no shell is wanted


def join(namespace: int) -> None:
    """Enter a user namespace, with all capabilities in it. Only a single thread can."""
    _check(_libc().setns(namespace, NEW_USER_NAMESPACE))
    os.close(namespace)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    if sys.argv[1] == "hold":
        hold()
    else:
        enter(int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
