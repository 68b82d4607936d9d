"""The lines that one drain has not taken yet: a bounded number, of which the oldest go first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from portico.log_drains.messages import Line

MOST_BYTES = 2 << 20
BATCH_BYTES = 128 << 10
BATCH_LINES = 500
AROUND = 200  # bytes that a line takes beside its text
PLATFORM = "portico"  # as whose lines the platform speaks


@dataclass
class Tally:
    """What became of a drain's lines. `told` is what the drain knows of those `lost`.

    `upto` is the time of the last line that needs not be sent again; '' when there is none yet.
    """

    sent: int = 0
    lost: int = 0
    told: int = 0
    upto: str = ""


class Waiting:
    """First in, first out. Lines are taken in batches; one that is in hand is settled or given back."""

    def __init__(self, tally: Tally, most: int = MOST_BYTES) -> None:
        self.tally = tally
        self._most = most
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._in_hand: list[Line] = []
        self._telling = 0

    def __len__(self) -> int:
        return len(self._lines) + len(self._in_hand)

    def add(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self._lines.append(line)
            self._bytes += size(line)
        self._drop()

    def take(self) -> list[Line]:
        """The next batch; before it, what the drain does not know of lost lines."""
        taken = 0
        while self._lines and len(self._in_hand) < BATCH_LINES and taken < BATCH_BYTES:
            line = self._lines.popleft()
            self._in_hand.append(line)
            taken += size(line)
        self._bytes -= taken
        self._telling = self.tally.lost - self.tally.told
        return [*self._notices(), *self._in_hand]

    def settle(self) -> None:
        """The batch was taken."""
        self.tally.sent += len(self._in_hand)
        self.tally.told += self._telling
        for line in self._in_hand:
            self._pass(line)
        self._in_hand.clear()

    def give_back(self) -> None:
        """It was not."""
        self._bytes += sum(map(size, self._in_hand))
        self._lines.extendleft(reversed(self._in_hand))
        self._in_hand.clear()
        self._drop()

    def _drop(self) -> None:
        while self._bytes > self._most:
            line = self._lines.popleft()
            self._bytes -= size(line)
            self.tally.lost += 1
            if not self._in_hand:
                self._pass(line)

    def _pass(self, line: Line) -> None:
        """Lines of one moment are passed together: who begins again begins after a time."""
        if not self._lines or self._lines[0].time != line.time:
            self.tally.upto = line.time

    def _notices(self) -> list[Line]:
        if not (self._telling and self._in_hand):
            return []
        missing = "1 line is" if self._telling == 1 else f"{self._telling} lines are"
        text = f"Portico: {missing} missing here: this drain did not take them in time."
        return [Line(self._in_hand[0].time, PLATFORM, text)]


def size(line: Line) -> int:
    return len(line.text.encode(errors="replace")) + AROUND
