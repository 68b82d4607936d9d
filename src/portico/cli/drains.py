"""`portico drains`: where an app's log is sent to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli.arguments import AppOption, Json, app_first
from portico.cli.completion import drain_words
from portico.cli.output import note, safe, show, show_json, show_table
from portico.cli.target import Target, find
from portico.errors import PorticoError
from portico.log_drains.address import parsed as address_of

if TYPE_CHECKING:
    from portico.client.documents import LogDrain

VERBS = ("add", "remove")


@dataclass(frozen=True)
class Order:
    """What the words after `portico drains` ask for."""

    app: str | None
    verb: str = "list"
    which: str = ""


def drains(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] [add URL|remove URL|remove ID]",
            help="Without add or remove all are listed.",
            show_default=False,
            autocompletion=drain_words,
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="'NAME: VALUE'", help="With add: send this along, by https."),
    ] = None,
    app: AppOption = None,
    json: Json = False,
) -> None:
    """Show or change where an app's log is sent to: syslog or HTTP."""
    order = parsed(tuple(words or ()), app)
    headers = dict(map(_header, header or ()))
    if headers and order.verb != "add":
        raise _only_with_add()
    target = find(order.app)
    if order.verb == "list":
        _list(target, json)
    elif order.verb == "add":
        _add(target, order.which, headers, json)
    else:
        _remove(target, order.which)


def parsed(words: tuple[str, ...], app: str | None) -> Order:
    """What they ask for. Raises PorticoError."""
    app, words = app_first(words, app, VERBS)
    if not words:
        return Order(app)
    if words[0] not in VERBS or len(words) != 2:
        raise PorticoError(
            f"`portico drains {' '.join(map(_shown, words))}` was not understood.",
            "After the app comes add or remove, then one address.",
            "For example `portico drains APP add syslog+tls://logs.example.com:6514`.",
        )
    return Order(app, *words)


def chosen(which: str, there: Sequence[LogDrain], app: str) -> LogDrain:
    """The one of that number or address. Raises PorticoError."""
    found = [drain for drain in there if which == str(drain.id)]
    if not found and not which.isdigit():
        shown = _shown(which)
        found = [drain for drain in there if drain.address == shown]
    if len(found) == 1:
        return found[0]
    raise PorticoError(
        "It is not clear which log drain is meant." if found else "There is no such log drain.",
        _known(app, found or there),
        f"Name one by its number: portico drains {app} remove ID",
    )


def _known(app: str, there: Iterable[LogDrain]) -> str:
    listed = ", ".join(f"{drain.id} ({drain.address})" for drain in there)
    return f"{app} has {listed}." if listed else f"{app} has none at all."


def _shown(word: str) -> str:
    """An address without its secrets, any other word as it is."""
    return address_of(word).shown if "://" in word else word


def _list(target: Target, json: bool) -> None:
    found = target.client.log_drains(target.app)
    if json:
        show_json([drain.as_json() for drain in found])
    elif found:
        show_table(("ID", "ADDRESS", "STATE", "SENT", "LOST"), [_row(drain) for drain in found])
        for drain in found:
            if drain.why:
                note(f"{drain.id}: {safe(drain.why)}")
    else:
        note(f"The log of {target.app} is sent nowhere.")


def _row(drain: LogDrain) -> tuple[object, ...]:
    counts = ("" if count is None else count for count in (drain.sent, drain.lost))
    return (drain.id, drain.address, drain.state or "not known yet", *counts)


def _add(target: Target, url: str, headers: dict[str, str], json: bool) -> None:
    made = target.client.add_log_drain(target.app, url, headers)
    if json:
        show_json(made.as_json())
    else:
        show(safe(f"From now on the log of {target.app} is sent to {made.address} ({made.id})."))


def _remove(target: Target, which: str) -> None:
    drain = chosen(which, target.client.log_drains(target.app), target.app)
    target.client.remove_log_drain(target.app, drain.id)
    show(safe(f"The log of {target.app} is sent to {drain.address} no more."))


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if colon and name.strip():
        return name.strip(), value.strip()
    raise PorticoError(
        "This is not a header.",
        "It has no colon after a name.",
        "For example --header 'Authorization: Bearer ...'.",
    )


def _only_with_add() -> PorticoError:
    return PorticoError(
        "--header says something of a drain that is being added.",
        "There is no `add` in this command.",
        "To give a drain other headers, remove it and add it again.",
    )
