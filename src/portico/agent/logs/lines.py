"""A line of a log, as it is stored: `<RFC 3339 in UTC, microseconds>Z <text>`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST = 1 << 14
# Stands alone in a line of a deploy's log; no line that is kept holds a NUL.
END = "\0"


@dataclass(frozen=True)
class LogLine:
    """`time` as it is stored, which sorts as text."""

    time: str
    process: str
    text: str


def stamp(time: float) -> str:
    """A Unix time as lines carry it."""
    utc = datetime.fromtimestamp(time, UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def stored(time: float, texts: Iterable[bytes]) -> bytes:
    """Lines as they go into the file. They may hold anything but a line end."""
    start = stamp(time).encode()
    return b"".join(b"%s %s\n" % (start, text) for text in texts)


def parsed(process: str, line: bytes) -> LogLine | None:
    """None for what is not a stored line, as after a crash of the machine."""
    time, space, text = line.partition(b" ")
    if not space or not time.endswith(b"Z"):
        return None
    return LogLine(time.decode(errors="replace"), process, text.decode(errors="replace"))


def split(output: bytes) -> list[bytes]:
    """Output that ends with a line end, or is to be taken as it is, as lines of bounded length."""
    return [piece for line in output.removesuffix(b"\n").split(b"\n") for piece in _pieces(line)]


def _pieces(line: bytes) -> list[bytes]:
    text = line.removesuffix(b"\r")
    return [text[start : start + LONGEST] for start in range(0, max(len(text), 1), LONGEST)]
