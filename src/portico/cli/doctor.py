"""`portico server doctor`: what this machine gives the server, and how to get the rest."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from portico.cli.output import note, safe, show, show_json
from portico.doctor.check import Check
from portico.doctor.own import address_check, own_checks
from portico.errors import PorticoError
from portico.layout import users
from portico.supervisor.environment import clean
from portico.supervisor.options import default_data, resolve
from portico.supervisor.programs import PYTHON

PROTECTIONS_SECONDS = 60


def doctor(
    data: Annotated[
        Path,
        typer.Option(help="The data folder.", default_factory=default_data, show_default=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Say which protections are on and what is missing; exit code 1 if that stops the server."""
    options = resolve(data, None, None)
    checks = [address_check(options), *own_checks(options), *protections(options.data)]
    if as_json:
        show_json([asdict(check) for check in checks])
    else:
        show_checks(checks, as_root=users().is_root)
    if any(check.needed and not check.on for check in checks):
        raise typer.Exit(1)


def protections(data: Path) -> list[Check]:
    """The sandbox's, measured by the agent's code in a process of its own."""
    try:
        done = subprocess.run(
            (*PYTHON, "portico.agent", "--doctor"),
            env=clean(os.environ) | {"PORTICO_DATA": str(data)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PROTECTIONS_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise _unmeasured(f"It took longer than {PROTECTIONS_SECONDS} seconds.") from error
    if done.returncode:
        raise _unmeasured(
            done.stderr.strip().rpartition("\n")[2] or f"Exit code {done.returncode}."
        )
    return [read_protection(line) for line in done.stdout.splitlines()]


def _unmeasured(found: str) -> PorticoError:
    return PorticoError(
        "The protections of this machine could not be measured.",
        found,
        "Install Portico again; if that does not help, report it with the line above.",
    )


def read_protection(line: str) -> Check:
    found = json.loads(line)
    return Check(found["name"], found["on"], found["how"])


def show_checks(checks: Sequence[Check], *, as_root: bool) -> None:
    show(f"Running as {'root' if as_root else 'an ordinary user'}.")
    for check in checks:
        show(f"{'on ' if check.on else 'OFF'}  {safe(check.name)}")
        if not check.on and check.how:
            show(f"       {safe(check.how)}")
    if missing := [check.name for check in checks if check.needed and not check.on]:
        note(f"The server cannot work without: {', '.join(missing)}.")
