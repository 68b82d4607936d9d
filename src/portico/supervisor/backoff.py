"""How long to wait before a process that has ended is started again."""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST, LONGEST = 1.0, 30.0  # seconds
STEADY = 60.0  # a process that was up for so long has a clean record again


@dataclass(frozen=True)
class Backoff:
    """At once, then after 1 s, doubling to 30 s."""

    failures: int = 0

    def ended(self, uptime: float) -> Backoff:
        """The record after an end that nobody asked for."""
        return replace(self, failures=1 if uptime >= STEADY else self.failures + 1)

    @property
    def delay(self) -> float:
        """Seconds to wait now."""
        if self.failures <= 1:
            return 0.0
        return min(FIRST * 2.0 ** min(self.failures - 2, 10), LONGEST)
