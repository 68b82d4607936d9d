"""How figures are written for people."""

from __future__ import annotations

DISK_UNITS = ("kB", "MB", "GB", "TB")


def per_minute(rate: float) -> str:
    """What is told for each second, as people read it."""
    count = rate * 60
    return f"{count:.0f}/min" if count >= 10 or not count else f"{count:.1f}/min"


def duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds * 1000:.0f} ms"


def size_words(size: int) -> str:
    """Three digits or so, in the units that disks are sold by."""
    amount, unit = float(size), "B"
    for larger in DISK_UNITS:
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"
