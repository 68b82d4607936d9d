"""`installation.json`: what `portico server install` has made, so that it can be taken away."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FORMAT = 1


@dataclass(frozen=True)
class Record:
    """`made` are the folders that were not there before, outer ones first."""

    data: Path
    command: Path
    made: tuple[Path, ...]


def to_text(record: Record) -> str:
    found = {
        "format": FORMAT,
        "data": str(record.data),
        "command": str(record.command),
        "made": [str(path) for path in record.made],
    }
    return json.dumps(found, indent=1) + "\n"


def of_text(text: str) -> Record | None:
    """None for one that no version has written. Fields of later versions are passed over."""
    try:
        found = json.loads(text)
        if int(found["format"]) > FORMAT:
            return None
        made = tuple(Path(path) for path in found["made"])
        return Record(Path(found["data"]), Path(found["command"]), made)
    except (ValueError, KeyError, TypeError):
        return None
