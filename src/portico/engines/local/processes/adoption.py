"""After the agent was away: what still runs, what of it can be taken over, what must end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portico.engines.local.process_table.marks import marked
from portico.engines.local.process_table.pids import boot_id
from portico.engines.local.processes.records import Folder, Record


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
