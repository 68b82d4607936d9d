"""What people and scripts get to see: results on stdout, errors in three parts on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

import typer

from portico.errors import PorticoError

if TYPE_CHECKING:
    from rich.status import Status

ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code != ord("\t")}


# What programs colour their words with (SGR); it says nothing.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def safe(text: str) -> str:
    """Text of others without the control bytes that would act on the terminal, and without colours."""
    return COLOURS.sub("", text).translate(ESCAPES)


def safe_lines(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(safe(line) for line in text.split("\n"))


def show(text: str = "") -> None:
    typer.echo(text)


def show_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2))


def show_json_line(value: Any) -> None:
    typer.echo(json.dumps(value))


def note(text: str) -> None:
    """Something beside the result."""
    typer.echo(text, err=True)


def show_error(error: PorticoError) -> None:
    title = typer.style(safe_lines(error.title), fg=typer.colors.RED, bold=True)
    _three_parts(title, error.detail, error.hint)


def show_warning(title: str, detail: str, hint: str) -> None:
    _three_parts(typer.style(safe_lines(title), fg=typer.colors.YELLOW, bold=True), detail, hint)


def _three_parts(title: str, detail: str, hint: str) -> None:
    hint = f"{'→' if sys.stderr.isatty() else 'Next:'} {safe_lines(hint)}" if hint else ""
    for part in (title, safe_lines(detail), hint):
        if part:
            typer.echo(part, err=True)


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Aligned columns; a terminal gets them fitted to its width and with bold heads."""
    texts = [["" if cell is None else safe(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _show_rich_table(columns, texts)
        return
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    for row in (columns, *texts):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def _show_rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def local_time(moment: datetime | None) -> str:
    """In the reader's time zone, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1000:.1f} kB"


class Progress:
    """Lines that stay, and on a terminal a last line that moves."""

    def __init__(self, stream: TextIO, status: Status | None) -> None:
        self._stream = stream
        self._status = status

    def step(self, text: str) -> None:
        """What is being done now; kept as a line where nothing can move."""
        if self._status is None:
            self.line(text)
        else:
            self.tick(text)

    def tick(self, text: str) -> None:
        """How far it is, shown only where it can be replaced."""
        if self._status is not None:
            from rich.text import Text

            self._status.update(Text(safe(text)))

    def line(self, text: str) -> None:
        if self._status is None:
            typer.echo(safe(text), file=self._stream)
            return
        from rich.text import Text

        self._status.console.print(Text(safe(text)), soft_wrap=True)


@contextmanager
def progress(stream: TextIO, text: str) -> Iterator[Progress]:
    """Shows `text` and what follows on this stream."""
    if not stream.isatty():
        plain = Progress(stream, None)
        plain.step(text)
        yield plain
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream)
    with console.status(Text(safe(text))) as status:
        yield Progress(stream, status)


def confirm(question: str) -> bool:
    """Ask on the terminal; whoever cannot be asked has agreed by not being there."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    return typer.confirm(question, err=True)


def colour_of(name: str) -> Callable[[str], str]:
    """A colour for a process that stays the same from line to line and run to run."""
    colours = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan")
    colour = colours[sum(name.encode()) % len(colours)]
    return lambda text: typer.style(text, fg=colour)
