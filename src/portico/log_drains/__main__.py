"""Takes orders from standard input and tells how the drains stand, until the input ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from portico.build_proxy.destinations import Destinations
from portico.build_proxy.order import ORDER, decode
from portico.log_drains.address import parsed
from portico.log_drains.delivery import Delivery
from portico.log_drains.messages import Line
from portico.log_drains.orders import LONGEST_ORDER, Drain, Settings, settings_of
from portico.log_drains.sending import sender_for
from portico.log_drains.waiting import Waiting
from portico.public_addresses import own_addresses

TELLING_SECONDS = 1.0
LAST_SECONDS = 3.0  # for what waits when the input has ended
RESOLVERS = 4  # names looked up at once


class Whose:
    """Of whom the lines are, as the last order says."""

    app = ""
    host = ""


@dataclass(frozen=True)
class Known:
    """`after`: where a sender before this one had come to."""

    delivery: Delivery
    task: asyncio.Task[None]
    after: str


class Drains:
    """The drains of an app, a task for each."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._whose = Whose()
        self._known: dict[Drain, Known] = {}
        self._told: dict[int, dict[str, Any]] = {}
        self._changed = asyncio.Event()
        self._at_rest = False

    def take(self, order: dict[str, Any]) -> None:
        if "drains" in order:
            self._set(settings_of(order))
        for fields in order.get("lines", ()):
            self._add(Line(*fields))
        for fields in order.get("again", ()):
            self._add(Line(*fields), again=True)

    def _set(self, settings: Settings) -> None:
        self._whose.app, self._whose.host = settings.app, settings.host
        for drain in self._known.keys() - set(settings.drains):
            self._known.pop(drain).task.cancel()
        for drain in settings.drains:
            if drain not in self._known:
                delivery = self._delivery(drain)
                task = asyncio.create_task(delivery.run())
                self._known[drain] = Known(delivery, task, drain.tally.upto)
        self._changed.set()

    def _delivery(self, drain: Drain) -> Delivery:
        address = parsed(drain.address)
        sender = sender_for(address, drain.headers, self._destinations, self._whose)
        return Delivery(Waiting(drain.tally), sender, self._changed.set)

    def _add(self, line: Line, *, again: bool = False) -> None:
        for known in self._known.values():
            if not again or (known.after and line.time > known.after):
                known.delivery.add((line,))
        if self._at_rest:
            self._changed.set()

    async def keep_telling(self) -> None:
        """Of one whose standing has changed, at once; of numbers, every now and then.

        While no line waits there is no new number: a quiet app costs nothing.
        """
        while True:
            self._at_rest = not any(known.delivery.waiting for known in self._known.values())
            self.tell()
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if self._at_rest else TELLING_SECONDS):
                    await self._changed.wait()

    def tell(self) -> None:
        """What is new."""
        for drain, known in self._known.items():
            now = {"id": drain.id, **asdict(known.delivery.standing), **asdict(drain.tally)}
            if self._told.get(drain.id) != now:
                self._told[drain.id] = now
                print(json.dumps(now), flush=True)

    async def finish(self) -> None:
        """Nothing more comes: what waits has a moment left."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await asyncio.gather(*(each.delivery.emptied() for each in self._known.values()))


async def main() -> None:
    """Entry point."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(RESOLVERS))
    drains = Drains(Destinations(decode(os.environ[ORDER]), own_addresses()))
    reader = asyncio.StreamReader(LONGEST_ORDER)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    telling = asyncio.create_task(drains.keep_telling())
    async for line in reader:
        drains.take(json.loads(line))
    await drains.finish()
    telling.cancel()
    drains.tell()
    os._exit(0)  # a name that is still being looked up holds nothing up


if __name__ == "__main__":
    asyncio.run(main())
