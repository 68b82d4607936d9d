"""The mark that all launchers of a server run under: what finds those without a record."""

from __future__ import annotations

from collections.abc import Iterator

from portico.engines.local.process_table.pids import PROC

MARK = "portico-sandbox"


def marker(server: str, handle: str) -> str:
    """The name that launchers run under, so that one scan finds those without a record."""
    return f"{MARK}:{server}:{handle}"


def marked(server: str) -> dict[str, list[int]]:
    """The processes that run under this server's marker, by handle."""
    start = marker(server, "").encode()
    found: dict[str, list[int]] = {}
    for pid, name in _names():
        if name.startswith(start):
            found.setdefault(name[len(start) :].decode(errors="replace"), []).append(pid)
    return found


def _names() -> Iterator[tuple[int, bytes]]:
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            yield int(entry.name), (entry / "cmdline").read_bytes().partition(b"\0")[0]
        except OSError:
            continue
