"""`portico server install` and `uninstall`: Portico on this machine, for good or no more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from portico.cli.output import show
from portico.installation import facts, installing, refusals, uninstalling, upgrading
from portico.installation.perform import perform
from portico.installation.places import PREFIX, Places, own_prefix
from portico.installation.record import Record, of_text
from portico.installation.source import Source, own_source
from portico.installation.steps import Step, Tell
from portico.supervisor.address import Address
from portico.supervisor.environment import DEFAULTS, clean
from portico.supervisor.options import default_data

# Those of this very shell, and those that the settings and the unit say.
LEFT_OUT = {*DEFAULTS, "HOME", "XDG_RUNTIME_DIR"}
LEFT_OUT |= {f"PORTICO_{name}" for name in ("DATA", "LISTEN", "URL", "RUNTIME")}

Prefix = Annotated[
    Path,
    typer.Option(help="Where versions lie.", default_factory=own_prefix, show_default=str(PREFIX)),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
From = Annotated[
    str,
    typer.Option(
        "--from",
        help="A wheel, a checkout, a folder of wheels, or an index.",
        show_default="what this program came from",
    ),
]


def install(
    prefix: Prefix,
    data: Annotated[
        Path | None, typer.Option(help="The data folder.", show_default="/var/lib/portico")
    ] = None,
    listen: Annotated[str | None, typer.Option(help="HOST:PORT to listen on.")] = None,
    url: Annotated[str | None, typer.Option(help="Address that viewers use.")] = None,
    source: From = "",
    command: Annotated[
        Path | None,
        typer.Option(help="The command that everybody finds.", show_default=str(Places.command)),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Install a server on this machine, as root; systemd keeps it running. Can be repeated."""
    if listen:
        Address.parse(listen)
    known = _record(prefix)
    places = Places(prefix.resolve(), command or (known.command if known else Places.command))
    data = (data or (known.data if known else default_data())).resolve()
    wish = installing.Wish(data, listen, url, chosen(source), passed_on())
    steps = installing.plan(facts.look(places, data, listen), wish, places)
    _do(steps, dry_run=dry_run)
    if not dry_run:
        something = any(not isinstance(step, Tell) for step in steps)
        show("Portico is installed." if something else "Portico is installed already.")


def upgrade(
    prefix: Prefix,
    source: From = "",
    version: Annotated[
        str | None, typer.Option(help="Which version.", show_default="the newest")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Go over to another version: no app stops, no request fails, and a failure changes nothing."""
    known, places = _installed(prefix)
    where = chosen(source)
    if where is None:
        raise refusals.unknown_source()
    wanted = upgrading.newest(where, version)
    planned = upgrading.plan(facts.look(places, known.data), wanted, where, places)
    if dry_run:
        _do(planned.steps, dry_run=True)
    elif planned.steps:
        upgrading.upgrade(planned, show)
        show(f"Portico {wanted} is installed.")
    else:
        show(f"Portico {wanted} is installed already.")


def uninstall(
    prefix: Prefix,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Leave the data folder, apps and all.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """End the server and its apps, and leave the machine as it was before the installation."""
    known, places = _installed(prefix)
    found = facts.look(places, known.data)
    steps = uninstalling.plan(found, places, keep_data=keep_data)
    if not (yes or dry_run):
        what = "the server" if keep_data else f"the server, all apps and {known.data}"
        typer.confirm(f"Remove {what}?", abort=True, err=True)
    _do(steps, dry_run=dry_run)
    if not dry_run:
        show("Portico is gone from this machine.")


def chosen(source: str) -> Source | None:
    """What --from says, else what this program came from itself."""
    return Source(source) if source else own_source()


def passed_on() -> dict[str, str]:
    """The variables of this shell that the server would have if it were started here."""
    return {name: value for name, value in clean(os.environ).items() if name not in LEFT_OUT}


def _installed(prefix: Path) -> tuple[Record, Places]:
    known = _record(prefix)
    if known is None:
        raise refusals.not_installed(Places(prefix))
    return known, Places(prefix.resolve(), known.command)


def _record(prefix: Path) -> Record | None:
    try:
        return of_text(Places(prefix).record.read_text())
    except OSError:
        return None


def _do(steps: Sequence[Step], *, dry_run: bool) -> None:
    if dry_run:
        for step in steps:
            show(f"{step}" if isinstance(step, Tell) else f"Would: {step}")
    else:
        perform(steps, show)
