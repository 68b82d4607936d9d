"""Clients that keep asking while something happens."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx


@dataclass
class Load:
    """What the clients were answered. `failed` holds a word per request that was not answered 200."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)

    def wait_for(self, more: int, seconds: float = 30) -> None:
        """Until so many more requests were answered: the load goes on for a while."""
        wanted, deadline = self.answered + more, time.monotonic() + seconds
        while self.answered < wanted and not self.failed:
            assert time.monotonic() < deadline, "the clients stopped being answered"
            time.sleep(0.02)


@contextlib.contextmanager
def load(url: str, clients: int = 4) -> Iterator[Load]:
    """Half of the clients keep their connection, the others make one for each request."""
    result, stop = Load(), threading.Event()
    threads = [
        threading.Thread(target=_ask, args=(url, result, stop, n % 2 == 0)) for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        result.wait_for(20)
        yield result
        if not result.failed:
            result.wait_for(20)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _ask(url: str, result: Load, stop: threading.Event, keep: bool) -> None:
    limits = httpx.Limits(max_keepalive_connections=1 if keep else 0)
    with httpx.Client(limits=limits, timeout=30) as client:
        while not stop.is_set():
            try:
                status = client.get(url).status_code
            except httpx.HTTPError as error:
                result.failed.append(repr(error))
            else:
                if status == 200:
                    result.answered += 1
                else:
                    result.failed.append(str(status))
            time.sleep(0.01)
