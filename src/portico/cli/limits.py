"""`portico limits`: what processes may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli.arguments import AppOption, Json
from portico.cli.output import note, safe, show, show_json, show_table
from portico.cli.target import find
from portico.errors import PorticoError
from portico.limits import NAMES, Changes, parsed, said

if TYPE_CHECKING:
    from portico.client.documents import Limits


def limits(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] [TYPE NAME=VALUE...]",
            help="For example web memory=2G cpu=1.5; without any: show what is set.",
            show_default=False,
        ),
    ] = None,
    app: AppOption = None,
    json: Json = False,
) -> None:
    """Show or change what processes may use: memory, cpu, pids, files."""
    name, kind, changes = order(tuple(words or ()), app)
    target = find(name)
    found = target.client.limits(target.app)
    if kind:
        found = target.client.limit(target.app, {kind: changes})
    if json:
        show_json(found.as_json())
        return
    _show(found)
    if kind:
        show(safe(_applied(target.app, found)))


def order(words: tuple[str, ...], app: str | None) -> tuple[str | None, str, Changes]:
    """App, process type and changes; without changes there is no type either."""
    names = [word for word in words if "=" not in word]
    changes = parsed(word for word in words if "=" in word)
    most = 1 if app else 2
    if len(names) > most or words[: len(names)] != tuple(names):
        raise _not_understood(words)
    if not changes:
        if len(names) == most:
            raise _no_changes(names[-1])
        return (app or next(iter(names), None)), "", {}
    if not names:
        raise _no_type(words)
    return (app or (names[0] if len(names) == 2 else None)), names[-1], changes


def _show(found: Limits) -> None:
    show_table(
        ("TYPE", *(name.upper() for name in NAMES)), [_row(found, kind) for kind in found.limits]
    )
    if found.not_enforced:
        note(
            f"Not kept on this server: {', '.join(found.not_enforced)}. "
            "The operator is told why by `portico server doctor`."
        )


def _row(found: Limits, kind: str) -> tuple[str, ...]:
    own = found.own.get(kind, {})
    return (
        kind,
        *(said(name, found.limits[kind][name]) + (" *" if name in own else "") for name in NAMES),
    )


def _applied(app: str, found: Limits) -> str:
    if found.restarts:
        return f"The processes of {app} are being restarted with it."
    return "What runs has it now; no process was restarted."


def _not_understood(words: tuple[str, ...]) -> PorticoError:
    return PorticoError(
        f"`portico limits {' '.join(words)}` was not understood.",
        "The app comes first, then a process type, then NAME=VALUE.",
        "For example `portico limits APP web memory=2G cpu=1.5`.",
    )


def _no_changes(kind: str) -> PorticoError:
    return PorticoError(
        f"There is nothing to change for {kind!r}.",
        f"After the process type comes NAME=VALUE, with a name of {', '.join(NAMES)}.",
        "For example `portico limits APP web memory=2G`; without a type all are shown.",
    )


def _no_type(words: tuple[str, ...]) -> PorticoError:
    return PorticoError(
        f"It is not said whose limit {words[0]!r} is.",
        "In front of it comes a process type, such as web.",
        f"For example `portico limits APP web {words[0]}`.",
    )
