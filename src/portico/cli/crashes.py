"""Why a process crashes again and again, as far as its last lines tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portico.cli.target import Target
    from portico.client.documents import Process

_LAST_LINES = 40


def taught(target: Target, process: Process) -> str | None:
    """What its last lines say to do, None when they name nothing that is missing."""
    from portico.builder.lessons import NOTHING_KNOWN, lesson
    from portico.errors import PorticoError

    try:
        found = target.client.logs(
            target.app, process=process.name, lines=_LAST_LINES, follow=False
        )
        lines = [str(item.get("line", "")) for item in found if item is not None]
    except PorticoError:
        return None  # a hint is not worth an error
    return lesson(lines, NOTHING_KNOWN)
