"""Wakes those who wait for a change in the database. Web is one process, so memory suffices."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress

PLAN = "plan"
NOTICES = "notices"


def app_topic(app_id: int) -> Hashable:
    """Rung when anything of this app has changed: its plan, its deploys, its processes."""
    return ("app", app_id)


class Listener:
    """Remembers that a topic was rung since it was last heard."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def wake(self) -> None:
        """From any thread."""
        # RuntimeError: the loop was closed between the ring and this call, nobody waits any more.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._rung.set)

    async def heard(self, seconds: float) -> bool:
        """Whether the topic was rung before the time was up."""
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Bell:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[Hashable, set[Listener]] = defaultdict(set)
        self.closing = False  # web is about to end: who waits should finish

    @contextmanager
    def listen(self, topic: Hashable) -> Iterator[Listener]:
        """A listener that misses nothing from here on; look at the database after this."""
        listener = Listener()
        with self._lock:
            self._listeners[topic].add(listener)
        try:
            yield listener
        finally:
            self._forget(topic, listener)

    def ring(self, topic: Hashable) -> None:
        """From any thread."""
        with self._lock:
            for listener in self._listeners.get(topic, ()):
                listener.wake()

    def close(self) -> None:
        """Wake everybody for the last time."""
        self.closing = True
        with self._lock:
            for listener in (one for some in self._listeners.values() for one in some):
                listener.wake()

    def _forget(self, topic: Hashable, listener: Listener) -> None:
        with self._lock:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]


bell = Bell()
