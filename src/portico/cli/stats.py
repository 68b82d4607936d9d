"""`portico stats`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli import arguments
from portico.cli.arguments import Json
from portico.cli.output import note, show_json, show_table
from portico.cli.target import find
from portico.limits import amount
from portico.units import duration, per_minute

if TYPE_CHECKING:
    from portico.client.documents import Figures

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 30
RECENT = 90.0  # seconds after which a value is not the present one any more

Values = Sequence[float | None]
Row = tuple[str, Values, Callable[[float], str], str]


def stats(
    app: arguments.App = None,
    day: Annotated[bool, typer.Option("--day", help="The last day, not the last hour.")] = False,
    json: Json = False,
) -> None:
    """Show what an app has done and used over the last hour or day."""
    target = find(app)
    found = target.client.figures(target.app, "day" if day else "hour")
    if json:
        show_json(found.as_json())
        return
    rows = [row for row in _rows(found) if any(value is not None for value in row[1])]
    if not rows:
        note(f"Nothing is known of {target.app} yet; `portico ps {target.app}` shows what runs.")
        return
    columns = ("FIGURE", "NOW", "MEAN", "MOST", f"LAST {found.range.upper()}")
    show_table(columns, [_said(row, found.step) for row in rows])


def line(values: Values, width: int = WIDTH) -> str:
    """The most of each part of them, as a bar; a blank where there is nothing."""
    parts = [
        [value for value in values[start:end] if value is not None]
        for start, end in _parts(len(values), min(width, len(values)))
    ]
    most = max((max(part) for part in parts if part), default=0.0)
    height = (len(BARS) - 1) / most if most else 0.0
    return "".join(BARS[round(max(part) * height)] if part else " " for part in parts)


def latest(values: Values, step: int) -> float | None:
    """The last one, unless it is long ago."""
    recent = values[-1 - math.ceil(RECENT / step) :]
    return next((value for value in reversed(recent) if value is not None), None)


def _parts(count: int, width: int) -> Iterator[tuple[int, int]]:
    return ((n * count // width, (n + 1) * count // width) for n in range(width))


def _rows(found: Figures) -> Iterator[Row]:
    yield "requests", found.requests, per_minute, ""
    yield "errors", found.errors, per_minute, ""
    yield "latency, median", found.latency.median, duration, ""
    yield "latency, 95th percentile", found.latency.p95, duration, ""
    for kind, used in found.processes.items():
        limit = f" of {amount(used.memory_limit)}" if used.memory_limit else ""
        yield f"{kind} CPU", used.cpu, "{:.0%}".format, ""
        yield f"{kind} memory", used.memory, amount, limit


def _said(row: Row, step: int) -> tuple[str, ...]:
    name, values, says, limit = row
    known = [value for value in values if value is not None]
    now = latest(values, step)
    mean = sum(known) / len(known)
    return (
        name,
        "" if now is None else says(now) + limit,
        says(mean),
        says(max(known)),
        line(values),
    )
