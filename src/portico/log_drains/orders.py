"""What the agent tells the sender, and what it is told: JSON, one document a line. Pure.

Agent -> sender:
- `{"drains": [{id, address, headers, sent, lost, told, upto}], "app": ..., "host": ...}`: these, and
  no others; before all else, and again when something of it has changed
- `{"lines": [[time, process, text], ...]}`
- `{"again": [...]}`: lines of before; each drain gets those after its `upto`

Sender -> agent: `{id, state, why, sent, lost, told, upto}`, when something of it has changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from portico.log_drains.messages import Line
from portico.log_drains.waiting import Tally

LINES_BYTES = 128 << 10  # of text in one order
LONGEST_ORDER = 2 << 20  # each character of a line may take six


@dataclass(frozen=True)
class Drain:
    """`headers` are sent along; `tally` is how far a sender before this one had come."""

    id: int
    address: str
    headers: dict[str, str] = field(default_factory=dict, hash=False)
    tally: Tally = field(default_factory=Tally, compare=False)


@dataclass(frozen=True)
class Settings:
    """`host` is the name under which the app is reached."""

    drains: tuple[Drain, ...] = ()
    app: str = ""
    host: str = ""


def settings_order(settings: Settings) -> bytes:
    drains = [
        {"id": d.id, "address": d.address, "headers": d.headers, **asdict(d.tally)}
        for d in settings.drains
    ]
    return _order(drains=drains, app=settings.app, host=settings.host)


def line_orders(lines: Sequence[Line], *, again: bool = False) -> Iterator[bytes]:
    for piece in _pieces(lines):
        yield _order(**{"again" if again else "lines": piece})


def _pieces(lines: Iterable[Line]) -> Iterator[list[Line]]:
    piece: list[Line] = []
    size = 0
    for line in lines:
        if size + len(line.text) > LINES_BYTES and piece:
            yield piece
            piece, size = [], 0
        piece.append(line)
        size += len(line.text) + 100
    if piece:
        yield piece


def settings_of(order: dict[str, Any]) -> Settings:
    drains = (_drain(**each) for each in order["drains"])
    return Settings(tuple(drains), order["app"], order["host"])


def _drain(id: int, address: str, headers: dict[str, str], **tally: Any) -> Drain:  # noqa: A002 - its name in the order
    return Drain(id, address, headers, Tally(**tally))


def _order(**document: Any) -> bytes:
    return json.dumps(document).encode() + b"\n"
