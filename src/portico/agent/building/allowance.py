"""What a build may use, and what an author is told when it used more. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from portico.engines.engine import BoxEnd
from portico.engines.limits import Limits
from portico.errors import PorticoError
from portico.limits import amount
from portico.settings import Settings


@dataclass(frozen=True)
class Allowance:
    """The seconds are all steps' together, the limits each step's."""

    seconds: float
    limits: Limits

    def exceeded(self, step: str, end: BoxEnd) -> PorticoError | None:
        """Why a step that ended so has to be given up, whatever it answered."""
        if end.out_of_memory:
            return self._out_of_memory(step)
        if end.timed_out:
            return self._out_of_time(step)
        return self._out_of_processes(step) if end.out_of_processes and end.code != 0 else None

    def _out_of_memory(self, step: str) -> PorticoError:
        return PorticoError(
            f"The build used {amount(self.limits.memory or 0)} of memory and was stopped.",
            f"That is all it may use, files in /tmp included; it was in its step `{step}`.",
            "Take packages that have wheels instead of compiling them, or let it do less at once; "
            "if it needs more memory, ask the operator to raise build_memory_bytes.",
        )

    def _out_of_time(self, step: str) -> PorticoError:
        return PorticoError(
            "The build took too long.",
            f"It was ended after {self.seconds:g} seconds, in its step `{step}`.",
            "Deploy again; if it needs more time, ask the operator to raise build_seconds.",
        )

    def _out_of_processes(self, step: str) -> PorticoError:
        return PorticoError(
            "The build started too many processes.",
            f"It may have {self.limits.pids or 0:,} at once and was refused more, in its step "
            f"`{step}`.",
            "Let it do less at once, with fewer parallel jobs for example; if it needs more "
            "processes, ask the operator to raise build_processes.",
        )


def allowance(settings: Settings) -> Allowance:
    limits = Limits(memory=settings.build_memory_bytes, pids=settings.build_processes)
    return Allowance(settings.build_seconds, limits)
