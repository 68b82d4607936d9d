"""A network of a test's own: loopback, and nothing else."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

CLONE_NEWNET = 0x4000_0000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def apart() -> ThreadPoolExecutor:
    """A thread that has left the machine's network, as will have all that it starts. Takes root."""
    return ThreadPoolExecutor(1, initializer=_leave)


def _leave() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
