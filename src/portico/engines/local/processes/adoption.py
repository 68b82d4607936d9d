"""After the agent was away: what still runs, what of it can be taken over, what must end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from portico.engines.local.process_table.pids import PROC, Held, boot_id
from portico.engines.local.processes.records import Folder, Record

MARK = "portico-sandbox"


def marker(server: str, handle: str) -> str:
    """The name that launchers run under, so that one scan finds those without a record."""
    return f"{MARK}:{server}:{handle}"


@dataclass(frozen=True)
class Verdict:
    """Folders to go on with, and what else there is: folders and processes to end and remove."""

    adopted: tuple[tuple[Folder, Record], ...]
    abandoned: tuple[Folder, ...]
    orphans: tuple[int, ...]


def judge(
    records: Iterable[tuple[Folder, Record | None]], marked: Mapping[str, list[int]], boot: str
) -> Verdict:
    """Decide. A record is good when it was completed in this boot and all of it still lives."""
    adopted: list[tuple[Folder, Record]] = []
    abandoned: list[Folder] = []
    for folder, record in records:
        if record is not None and record.boot == boot and _lives(record):
            adopted.append((folder, record))
        else:
            abandoned.append(folder)
    kept = {record.handle for _, record in adopted}
    orphans = (pid for handle, pids in marked.items() if handle not in kept for pid in pids)
    return Verdict(tuple(adopted), tuple(abandoned), tuple(orphans))


def _lives(record: Record) -> bool:
    return record.pids is not None and record.pids.launcher.alive and record.pids.init.alive


def survey(folders: Iterable[Folder], server: str) -> Verdict:
    return judge([(folder, folder.read()) for folder in folders], marked(server), boot_id())


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


async def end_all(pids: Iterable[int]) -> None:
    """End processes and wait until they have."""
    await asyncio.gather(*(_end(pid) for pid in pids))


async def _end(pid: int) -> None:
    try:
        held = Held.of(pid)
    except ProcessLookupError:
        return
    try:
        held.signal(signal.SIGKILL)
        await held.ended()
    finally:
        held.close()
