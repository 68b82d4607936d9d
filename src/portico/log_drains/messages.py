"""Lines as they travel: RFC 5424 for syslog, JSON for HTTP. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

PRIORITY = 14  # facility "user-level messages", severity "informational"
# RFC 5426: receivers have to take 480 bytes and should take 2,048; those in use take 8 KiB.
LARGEST_DATAGRAM = 8192
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Line(NamedTuple):
    """`time` is RFC 3339 in UTC with microseconds, which sorts as text."""

    time: str
    process: str
    text: str


def syslog(line: Line, app: str, host: str) -> bytes:
    """HOSTNAME is where the app lives, APP-NAME the app, PROCID the process.

    Without the byte order mark that RFC 5424 has before UTF-8: receivers show it to people.
    Control characters are written out: what an app prints must not pass for another message.
    """
    text = _CONTROL.sub(_written_out, line.text)
    head = f"<{PRIORITY}>1 {line.time} {host or '-'} {app} {line.process} - - "
    return (head + text).encode(errors="replace")


def _written_out(found: re.Match[str]) -> str:
    return f"#{ord(found[0]):03o}"


def counted(messages: Iterable[bytes]) -> bytes:
    """Octet counting, RFC 6587: a message may hold anything."""
    return b"".join(b"%d %s" % (len(message), message) for message in messages)


def datagram(message: bytes) -> bytes:
    """Cut where no character is."""
    if len(message) <= LARGEST_DATAGRAM:
        return message
    return message[:LARGEST_DATAGRAM].decode(errors="ignore").encode()


def documents(lines: Iterable[Line], app: str) -> bytes:
    """A JSON object a line."""
    return b"".join(
        json.dumps(
            {"time": line.time, "app": app, "process": line.process, "line": line.text}
        ).encode()
        + b"\n"
        for line in lines
    )
