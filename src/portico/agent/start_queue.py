"""How many processes start at once: a boot with hundreds of apps must leave the machine responsive."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from enum import IntEnum

LONGEST_TURN = 5.0  # seconds; whoever is slower starts beside those after it


class Urgency(IntEnum):
    """Who goes first: somebody waits for a deploy, viewers for web, nobody for the rest."""

    DEPLOY = 0
    WEB = 1
    OTHER = 2


class Turn:
    """The right to start, until `end`."""

    def __init__(self, queue: StartQueue) -> None:
        self._queue = queue
        self._ended = False

    def end(self) -> None:
        """Let the next one start. Idempotent."""
        if not self._ended:
            self._ended = True
            self._queue.give_back()


class StartQueue:
    """The most urgent first, among them those that have waited longest."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._order = itertools.count()
        self._waiting: list[tuple[Urgency, int, asyncio.Future[Turn]]] = []

    async def turn(self, urgency: Urgency) -> Turn:
        """Wait for it; it ends by itself after a while."""
        waiting: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._order), waiting))
        self._hand_out()
        try:
            turn = await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                waiting.result().end()
            raise
        asyncio.get_running_loop().call_later(LONGEST_TURN, turn.end)
        return turn

    def give_back(self) -> None:
        self._free += 1
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            _, _, waiting = heapq.heappop(self._waiting)
            if not waiting.done():  # given up meanwhile
                self._free -= 1
                waiting.set_result(Turn(self))
