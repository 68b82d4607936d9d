"""Hears of changes to the machine's rules: others may flush all of them, and Portico's with theirs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

NETFILTER = 12  # NETLINK_NETFILTER
RULES = 1 << 6  # the group of those who are told of nftables: NFNLGRP_NFTABLES is the seventh
PAUSE = 0.2  # a change comes as many messages
MESSAGES = 1 << 16


class Changes:
    """Calls `changed` some time after each change, one's own included, until `close`."""

    def __init__(self, changed: Callable[[], object]) -> None:
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._due: asyncio.TimerHandle | None = None
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        self._heard = socket.socket(socket.AF_NETLINK, kind, NETFILTER)
        self._heard.bind((0, RULES))
        self._loop.add_reader(self._heard, self._hear)

    def _hear(self) -> None:
        with suppress(OSError):  # none is left, or more came than the kernel keeps
            while self._heard.recv(MESSAGES):
                pass
        if self._due is None:
            self._due = self._loop.call_later(PAUSE, self._tell)

    def _tell(self) -> None:
        self._due = None
        self._changed()

    def close(self) -> None:
        self._loop.remove_reader(self._heard)
        self._heard.close()
        if self._due is not None:
            self._due.cancel()
