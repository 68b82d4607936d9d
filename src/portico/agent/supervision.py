"""When a process that died is started again: at once, then after growing pauses."""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
STABLE_AFTER = 60.0  # seconds up, after which the past is forgiven
CRASH_LOOP = 3  # deaths in a row that make a process `crashed`


@dataclass(frozen=True)
class Slot:
    """The history of one process name, `web.1`, over its restarts. Times are Unix times."""

    deaths: int = 0  # in a row, without having been stable
    restarts: int = 0
    next_start: float = 0.0
    last_exit: str | None = None
    since: float = 0.0

    @property
    def crashed(self) -> bool:
        return self.deaths >= CRASH_LOOP

    def after_exit(self, now: float, up_since: float, words: str) -> Slot:
        """The history after a process that was up since then has ended unasked."""
        deaths = 1 if now - up_since >= STABLE_AFTER else self.deaths + 1
        return replace(
            self,
            deaths=deaths,
            restarts=self.restarts + 1,
            next_start=now + pause(deaths),
            last_exit=words,
            since=now,
        )


def pause(deaths: int) -> float:
    """Seconds to wait before the next start, after so many deaths in a row."""
    if deaths <= 1:
        return 0.0
    # The exponent is bounded: a process may have died thousands of times.
    return min(FIRST_PAUSE * 2.0 ** min(deaths - 2, 10), LONGEST_PAUSE)
