"""Now, on two clocks."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """`steady` decides, since it never jumps; `unix` is shown to people, who may set it."""

    steady: float
    unix: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.monotonic(), time.time())
