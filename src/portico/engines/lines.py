"""Output as lines, for engines and for those who read what they run."""

from __future__ import annotations

LONGEST_LINE = 1 << 14  # bytes; what is longer becomes several lines


class LineSplitter:
    """Turns pieces of output into lines of bounded length; invalid UTF-8 is replaced."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        lines = [piece for line in whole for piece in _pieces(line)]
        while len(self._rest) >= LONGEST_LINE:
            lines.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        return [line.decode(errors="replace").removesuffix("\r") for line in lines]

    def flush(self) -> list[str]:
        """The last line, when nothing ended it."""
        rest, self._rest = self._rest, b""
        return [rest.decode(errors="replace")] if rest else []


def _pieces(line: bytes) -> list[bytes]:
    starts = range(0, max(len(line), 1), LONGEST_LINE)
    return [line[start : start + LONGEST_LINE] for start in starts]
