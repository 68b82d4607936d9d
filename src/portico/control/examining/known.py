"""What is known of the machine and the disk, for pages and API; asks the agent where that is old."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import django
from django.db import connection
from django.utils import timezone

import portico
from portico.control import instance, presence
from portico.control.examining.asking import asking
from portico.control.inventory import inventory
from portico.control.models.examined_part import ExaminedPart
from portico.disk_use import merged
from portico.examination import Part

OLD = timedelta(minutes=10)

Document = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """A part; `document` is None until the agent has said it. `looking`: it is asked, and here."""

    found_at: datetime | None
    looking: bool
    problem: Document | None
    document: Document | None


@dataclass(frozen=True)
class Examined:
    """`disk` has the names of apps and releases as they are now."""

    agent_here: bool
    machine: Known
    disk: Known
    versions: Mapping[str, str]


def examined() -> Examined:
    """What is known now. Nobody waits for more: it is there the next time."""
    rows = {row.pk: row for row in ExaminedPart.objects.all()}
    if any(_is_old(rows.get(part)) for part in Part):
        asking.ask()
    here = presence.agent.is_here
    machine, disk = (_known(part, rows.get(part), here) for part in Part)
    return Examined(here, machine, _with_names(disk), _versions(machine.document))


def _is_old(row: ExaminedPart | None) -> bool:
    return row is None or timezone.now() - row.told_at > OLD


def _known(part: Part, row: ExaminedPart | None, here: bool) -> Known:
    looking = here and asking.is_missing(part)
    if row is None:
        return Known(None, looking, None, None)
    return Known(row.found_at, looking, row.problem, row.document)


def _with_names(disk: Known) -> Known:
    if disk.document is None:
        return disk
    named = {"data": str(instance.server().data), **merged(disk.document, inventory())}
    return Known(disk.found_at, disk.looking, disk.problem, named)


def _versions(machine: Document | None) -> dict[str, str]:
    """Of what web itself stands on, then of what the agent has told."""
    database = ".".join(map(str, connection.get_database_version()))
    return {
        "Portico": portico.__version__,
        "Python": platform.python_version(),
        "Django": django.__version__,
        connection.display_name: database,
        **dict(machine["versions"] if machine else ()),
    }
