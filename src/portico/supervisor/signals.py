"""Signals as data: they arrive on a descriptor, and nothing is interrupted."""

from __future__ import annotations

import os
import signal

WANTED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """`descriptor` is readable when one has come."""

    def __init__(self) -> None:
        self.descriptor, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for signum in WANTED:
            signal.signal(signum, _nothing)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WANTED)

    def read(self) -> list[int]:
        """The signals that have come since the last call, in their order."""
        try:
            return list(os.read(self.descriptor, 1024))
        except BlockingIOError:
            return []


def hold_back() -> None:
    """Keep signals waiting for the image that replaces this one; `Signals` lets them through."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WANTED)


def release() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WANTED)


def _nothing(signum: int, frame: object) -> None:
    """Python writes the number to the wake-up descriptor before it calls this."""
