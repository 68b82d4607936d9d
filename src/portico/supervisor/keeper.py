"""Keeps one process running: starts it, starts it again after its end, replaces it on request."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from portico.supervisor.backoff import Backoff
from portico.supervisor.child import Child
from portico.supervisor.programs import Program

GRACE = 15.0  # seconds between SIGTERM and SIGKILL; web itself stops waiting after 10

Plan = Callable[[], Program | None]
Say = Callable[[str], None]


class Keeper:
    """`plan` says what to start, None while it cannot be known. Times are those of one clock."""

    def __init__(self, name: str, plan: Plan, log: Path, say: Say) -> None:
        self.name = name
        self.log = log
        self.child: Child | None = None
        self.replacing = False
        self.failures = 0
        self._plan = plan
        self._say = say
        self._backoff = Backoff()
        self._due = 0.0
        self._started = 0.0
        self._kill_at: float | None = None

    def adopt(self, child: Child, now: float) -> None:
        self.child, self._started = child, now

    def tick(self, now: float) -> None:
        """Do what is due: start, or end what does not end by itself."""
        if self.child is None and now >= self._due:
            self._start(now)
        elif self.child is not None and self._kill_at is not None and now >= self._kill_at:
            self._kill_at = None
            self.child.send(signal.SIGKILL)

    def due(self) -> float | None:
        """When `tick` has something to do next, None when only an end can bring that."""
        return self._due if self.child is None else self._kill_at

    def replace(self, now: float) -> None:
        """End it, and start it again as soon as it has ended."""
        if self.child is not None and not self.replacing:
            self.replacing, self._kill_at = True, now + GRACE
            self.child.send(signal.SIGTERM)

    def notice_end(self, now: float) -> None:
        """Collect it when it has ended, and decide when it starts again."""
        if self.child is None or not self.child.wait(0):
            return
        code = self.child.collect()
        self.child, self._kill_at = None, None
        if self.replacing:
            self.replacing, self._due = False, now
        else:
            self._failed(now, f"{self.name} ended{_in_words(code)}", uptime=now - self._started)

    def end(self, signum: int, grace: float) -> int | None:
        """End it for good; its exit code, None when it does not run or nobody knows."""
        child, self.child = self.child, None
        return child.end(signum, grace) if child is not None else None

    def _start(self, now: float) -> None:
        program = self._plan()
        if program is None:
            return
        self._started = now
        try:
            self.child = Child.start(program, self.log)
        except OSError as error:
            self._failed(now, f"{self.name} cannot be started ({error})", uptime=0)

    def _failed(self, now: float, what: str, *, uptime: float) -> None:
        self.failures += 1
        self._backoff = self._backoff.ended(uptime)
        self._due = now + self._backoff.delay
        when = f"in {self._backoff.delay:g} s" if self._backoff.delay else "at once"
        self._say(f"{what}; starting it again {when}. Its output: {self.log}")


def _in_words(code: int | None) -> str:
    if code is None:
        return ""
    return f" (signal {-code})" if code < 0 else f" (exit code {code})"
