"""How figures are written for people."""

from __future__ import annotations


def per_minute(rate: float) -> str:
    """What is told for each second, as people read it."""
    count = rate * 60
    return f"{count:.0f}/min" if count >= 10 or not count else f"{count:.1f}/min"


def duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds * 1000:.0f} ms"
