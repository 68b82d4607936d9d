"""Run by its path in a sandbox: asks a starting process over HTTP until it answers.

Reads an order from stdin: `{address, port, host, paths, headers, seconds}`, writes to stdout:
`{statuses: {path: status}, error}`. It starts often, so it imports little of the standard library.
"""

from __future__ import annotations

import json
import socket
import sys
import time

PAUSE = 0.03
LONGEST_STATUS_LINE = 1 << 12
# An app that is cut off within its answer would log an error; most are through by then.
COURTESY_SECONDS, COURTESY_BYTES = 0.25, 1 << 18


class NoAnswerError(Exception):
    """Why there was none, in words."""


class Asker:
    """Asks one process until the deadline, a time of the monotonic clock."""

    def __init__(self, address: tuple[str, int], head: str, deadline: float) -> None:
        self._address = address
        self._head = head
        self._deadline = deadline

    def statuses(self, paths: list[str]) -> tuple[dict[str, int], str]:
        """The answers by path, and why some are missing."""
        found: dict[str, int] = {}
        for path in paths:
            while path not in found:
                try:
                    found[path] = self._status(path)
                except NoAnswerError as reason:
                    if self._left() <= PAUSE:
                        return found, str(reason)
                    time.sleep(PAUSE)
        return found, ""

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _status(self, path: str) -> int:
        try:
            with socket.create_connection(self._address, timeout=max(self._left(), 0.1)) as asked:
                asked.sendall(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())
                status = self._read_status(asked)
                _hear_out(asked)
                return status
        except TimeoutError as error:
            raise NoAnswerError("it accepted the connection but sent no answer.") from error
        except OSError as error:
            raise NoAnswerError(f"{error.strerror or error}.") from error

    def _read_status(self, asked: socket.socket) -> int:
        line = b""
        while b"\n" not in line and len(line) < LONGEST_STATUS_LINE:
            asked.settimeout(max(self._left(), 0.1))
            piece = asked.recv(LONGEST_STATUS_LINE)
            if not piece:
                break
            line += piece
        return parse_status(line)


def parse_status(line: bytes) -> int:
    if not line:
        raise NoAnswerError("it closed the connection without an answer.")
    words = line.split(None, 2)
    if not line.startswith(b"HTTP/") or len(words) < 2 or not words[1].isdigit():
        raise NoAnswerError(f"its answer is not HTTP: {line[:60]!r}.")
    return int(words[1])


def _hear_out(asked: socket.socket) -> None:
    until, heard = time.monotonic() + COURTESY_SECONDS, 0
    try:
        while heard < COURTESY_BYTES and (left := until - time.monotonic()) > 0:
            asked.settimeout(left)
            piece = asked.recv(1 << 16)
            if not piece:
                return
            heard += len(piece)
    except OSError:
        return


def head_lines(host: str, headers: dict[str, str]) -> str:
    """What follows the request line."""
    lines = {"Host": host, "User-Agent": "portico", "Accept": "*/*", **headers}
    lines["Connection"] = "close"
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items())


def main() -> None:
    """Read the order, ask, write the answer."""
    order = json.load(sys.stdin)
    head = head_lines(order["host"], order["headers"])
    deadline = time.monotonic() + order["seconds"]
    asker = Asker((order["address"], order["port"]), head, deadline)
    statuses, error = asker.statuses(order["paths"])
    json.dump({"statuses": statuses, "error": error}, sys.stdout)


if __name__ == "__main__":
    main()
