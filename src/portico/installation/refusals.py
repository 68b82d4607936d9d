"""Why something is not installed, in three parts."""

from __future__ import annotations

from pathlib import Path

from portico.errors import PorticoError
from portico.installation.facts import Facts
from portico.installation.places import Places


def not_root(verb: str) -> PorticoError:
    return PorticoError(
        f"To {verb} a server takes root.",
        "This command runs as an ordinary user.",
        "Run it with sudo. Without root a server needs no installation: `portico server start`.",
    )


def lacking(names: tuple[str, ...]) -> PorticoError:
    return PorticoError(
        "The server lacks something of the system.",
        f"Not found: {', '.join(names)}.",
        f"Install it, then try again; on Debian: apt-get install {' '.join(names)}",
    )


def closed_python(facts: Facts) -> PorticoError:
    return PorticoError(
        "The server's users could not use this Python.",
        facts.closed,
        "Run this command with a Python that everybody may use, such as the system's: "
        "python3 -m venv FOLDER, then FOLDER/bin/pip install portico.",
    )


def unknown_source() -> PorticoError:
    return PorticoError(
        "It is not known where Portico is to come from.",
        "This program does not say what it was installed from, or that is gone.",
        "Say with --from: a wheel, a checkout, a folder of wheels, or the address of an index.",
    )


def data_in_prefix(places: Places, data: Path) -> PorticoError:
    return PorticoError(
        "Data and versions cannot lie in one folder.",
        f"{data} is in {places.prefix}, which is removed as a whole one day.",
        "Choose another folder with --data or --prefix.",
    )


def foreign_prefix(places: Places) -> PorticoError:
    return PorticoError(
        "Something else is where Portico would be installed.",
        f"{places.prefix} is there, without a readable {places.record.name} in it.",
        "Move it away, or choose another folder with --prefix.",
    )


def foreign_command(places: Places, target: Path) -> PorticoError:
    found = f"is a link to {target}" if target != places.command else "is there"
    return PorticoError(
        "Another command has the name of Portico's.",
        f"{places.command} {found}.",
        "Remove it (a Portico that pip has installed: pip uninstall portico), or choose another "
        "place with --command.",
    )


def foreign_unit(places: Places) -> PorticoError:
    return PorticoError(
        "Another unit has the name of Portico's.",
        f"{places.unit} was not written by `portico server install`.",
        f"If it is of no use any more: systemctl disable --now {places.unit.stem}, remove the "
        "file, then try again.",
    )


def foreign_data(data: Path) -> PorticoError:
    return PorticoError(
        "The data folder holds something else.",
        f"{data} is not empty, and there is nothing of a server in it.",
        "Choose another folder with --data.",
    )


def other_data(places: Places, data: Path, wanted: Path) -> PorticoError:
    return PorticoError(
        "A server is installed with another data folder.",
        f"{places.record} says {data}; this command says {wanted}.",
        f"Leave --data out, or take that server away first: "
        f"portico server uninstall --prefix {places.prefix}",
    )


def other_version(facts: Facts) -> PorticoError:
    return PorticoError(
        "Another version is installed.",
        f"It is {facts.current}; this command is of {facts.version}.",
        f"To go over to this one: portico server upgrade --version {facts.version}",
    )


def runs_by_hand(facts: Facts, data: Path) -> PorticoError:
    return PorticoError(
        "A server that systemd does not know runs on this data.",
        f"Process {facts.runs} is its supervisor.",
        f"End it with `portico server stop --data {data}`, then try again.",
    )


def other_settings(data: Path, name: str, found: str, wanted: str) -> PorticoError:
    return PorticoError(
        "The settings say something else.",
        f"{data / 'portico.toml'} says {name} = {found or 'nothing'}; this command says {wanted}.",
        f"Correct the file and run `portico server restart --data {data}`, or leave --{name} out.",
    )


def old_systemd(version: int, oldest: int) -> PorticoError:
    return PorticoError(
        "This systemd is too old.",
        f"It is version {version}; {oldest} is the least.",
        "Run the server by hand with `portico server start`, or upgrade the system.",
    )


def not_installed(places: Places) -> PorticoError:
    return PorticoError(
        "No server is installed here.",
        f"There is no {places.record}.",
        "Give the folder with --prefix, or install one with `portico server install`.",
    )
