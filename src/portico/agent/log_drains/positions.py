"""How far the drains of an app have come, in a file: a sender or an agent that was killed is followed
by one that goes on there. A reboot forgets it, as it forgets what waited in pipes.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from portico.log_drains.waiting import Tally

_TALLIES = TypeAdapter(dict[int, Tally])


def load(path: Path) -> dict[int, Tally]:
    """By drain; a file that cannot be read tells nothing."""
    with contextlib.suppress(OSError, ValidationError):
        return _TALLIES.validate_json(path.read_bytes())
    return {}


def save(path: Path, tallies: dict[int, Tally]) -> None:
    """Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_bytes(_TALLIES.dump_json(tallies))
    temporary.rename(path)


def forget(path: Path) -> None:
    path.unlink(missing_ok=True)
