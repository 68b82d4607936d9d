"""`portico system`: what the server has found out about its machine; for administrators."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli.arguments import Json
from portico.cli.disk import show_disk
from portico.cli.doctor import show_checks
from portico.cli.output import local_time, note, progress, show, show_json, show_table, show_warning
from portico.cli.target import connect

if TYPE_CHECKING:
    from portico.client import Client
    from portico.client.documents import Disk, Examination, ExaminedPart, Machine

PAUSE = 1.0


def system(
    again: Annotated[bool, typer.Option("--again", help="Have it looked at anew.")] = False,
    json: Json = False,
) -> None:
    """Show a server's protections, disk and versions; for administrators."""
    client = connect()
    found = client.examination(again=again)
    if found.looking and (again or found.machine.checks is None or found.disk.use is None):
        found = _awaited(client)
    if json:
        show_json(found.as_json())
    else:
        _show(found)


def _awaited(client: Client) -> Examination:
    with progress(sys.stderr, "The server's agent is looking."):
        while (found := client.examination()).looking:
            time.sleep(PAUSE)
    return found


def _show(found: Examination) -> None:
    if not found.agent_here:
        show_warning(
            "The server's agent is away.",
            "What is shown is what it has said before.",
            "Type `portico server status` on the server, which says whether it runs.",
        )
    show_table(("PART", "VERSION"), list(found.versions.items()))
    _show_machine(found.machine)
    _show_disk(found.disk)


def _show_machine(machine: Machine) -> None:
    if _begins(machine, "The machine") and machine.checks is not None:
        show_checks(machine.checks, as_root=bool(machine.as_root))


def _show_disk(disk: Disk) -> None:
    if _begins(disk, "The disk") and disk.use is not None:
        show_disk(disk.use)


def _begins(part: ExaminedPart, name: str) -> bool:
    """Whether there is something to show of it; says why not."""
    show()
    if part.problem:
        show_warning(**part.problem)
    if part.found_at is None:
        note(f"{name} has not been looked at yet.")
        return False
    show(f"{name}, looked at {local_time(part.found_at)}:")
    return True
