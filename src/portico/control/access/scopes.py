"""What a token is good for, within what its person may do. Pure, like `deciding`."""

from __future__ import annotations

from dataclasses import dataclass

from portico.control.access.deciding import Verb

# Neither config vars, which are secrets, nor anything that changes.
READING = frozenset({Verb.OPEN, Verb.INSPECT, Verb.READ_CODE, Verb.READ_METRICS})


@dataclass(frozen=True)
class Scope:
    """`app`: the id of the one app that it is good for."""

    app: int | None = None
    read_only: bool = False
    metrics: bool = False  # good for them alone

    def covers(self, verb: Verb, app: int | None = None) -> bool:
        """`app` None: something of the server."""
        if self.app is not None and self.app != app:
            return False
        if self.metrics:
            return verb is Verb.READ_METRICS
        return not self.read_only or verb in READING


WHOLE = Scope()
