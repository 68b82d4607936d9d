"""One drain's life: a batch after the other, and pauses that grow while it takes none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from portico.log_drains.messages import Line
from portico.log_drains.reaching import NotSentError, words
from portico.log_drains.sending import Sender
from portico.log_drains.waiting import Waiting

SECONDS = 30.0  # for one batch, the way there included
LONGEST_PAUSE = 60.0
LONGEST_WHY = 300


class State(StrEnum):
    WAITING = "waiting"  # for the first line
    DELIVERING = "delivering"
    FAILING = "failing"


@dataclass(frozen=True)
class Standing:
    """`why` is the last error, in words."""

    state: State = State.WAITING
    why: str = ""


class Delivery:
    """`changed` is called when its standing is another."""

    def __init__(self, waiting: Waiting, sender: Sender, changed: Callable[[], None]) -> None:
        self.waiting = waiting
        self.standing = Standing()
        self._sender = sender
        self._changed = changed
        self._news = asyncio.Event()
        self._emptied = asyncio.Event()

    def add(self, lines: Iterable[Line]) -> None:
        self.waiting.add(lines)
        self._emptied.clear()
        self._news.set()

    async def emptied(self) -> None:
        """Return when nothing waits, or nothing that waits would be taken soon."""
        if self.standing.state is not State.FAILING:
            await self._emptied.wait()

    async def run(self) -> None:
        """Until it is cancelled."""
        failures = 0
        try:
            while True:
                self._news.clear()
                if not self.waiting:
                    self._emptied.set()
                    await self._news.wait()
                    continue
                why = await self._deliver()
                failures = failures + 1 if why else 0
                self._stand(Standing(State.FAILING if why else State.DELIVERING, why))
                if why:
                    await asyncio.sleep(pause(failures))
        finally:
            self._sender.close()

    async def _deliver(self) -> str:
        """Why the next batch was not taken; '' when it was."""
        why = "?"
        try:
            async with asyncio.timeout(SECONDS):
                await self._sender.send(self.waiting.take())
            why = ""
        except NotSentError as error:
            why = str(error)
        except TimeoutError:
            why = f"It did not take the lines within {SECONDS:g} seconds."
        except OSError as error:
            why = f"The connection broke: {words(error)}."
        except Exception as error:  # what another server may bring about ends no other delivery
            why = f"The sender failed: {type(error).__name__}."
        finally:
            self._end_batch(taken=not why)
        return why[:LONGEST_WHY]

    def _end_batch(self, *, taken: bool) -> None:
        if taken:
            self.waiting.settle()
        else:
            self.waiting.give_back()
            self._sender.close()

    def _stand(self, standing: Standing) -> None:
        if standing != self.standing:
            self.standing = standing
            self._changed()


def pause(failures: int) -> float:
    """Seconds after so many failures in a row."""
    return min(2.0 ** (min(failures, 10) - 1), LONGEST_PAUSE)
