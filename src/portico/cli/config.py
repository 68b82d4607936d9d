"""`portico config`: an app's config vars."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

import typer

from portico.cli.arguments import AppOption, Json, app_first
from portico.cli.follow import follow_to_live
from portico.cli.output import note, safe, show, show_json
from portico.cli.target import Target, find
from portico.errors import PorticoError

VERBS = ("get", "set", "unset")
MARK = "  # secret"


@dataclass(frozen=True)
class Order:
    """What the words after `portico config` ask for."""

    app: str | None
    verb: str = "get"
    words: tuple[str, ...] = ()


def config(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] [get [KEY...]|set KEY=VALUE...|unset KEY...]",
            help="The app may be left out, as everywhere; without a verb all are listed.",
            show_default=False,
        ),
    ] = None,
    secret: Annotated[
        bool | None,
        typer.Option(
            "--secret/--plain",
            help="With set: logs never show these values, or may. Otherwise names and values decide.",
            show_default=False,
        ),
    ] = None,
    app: AppOption = None,
    json: Json = False,
) -> None:
    """Show or change config vars. A change makes a release and rolls it out."""
    order = parsed(tuple(words or ()), app)
    if secret is not None and order.verb != "set":
        raise _only_with_set()
    if order.verb == "get":
        _get(find(order.app), order.words, json)
    else:
        _change(find(order.app), changes(order), secret, json)


def parsed(words: tuple[str, ...], app: str | None) -> Order:
    """What they ask for. Raises PorticoError."""
    app, words = app_first(words, app, VERBS)
    if not words:
        return Order(app)
    if words[0] not in VERBS:
        raise PorticoError(
            f"`portico config` does not know {words[0]!r}.",
            f"After the app comes one of {', '.join(VERBS)}.",
            "For example `portico config set KEY=VALUE`.",
        )
    return Order(app, words[0], words[1:])


def changes(order: Order) -> dict[str, str | None]:
    """None stands for a variable to remove."""
    if not order.words:
        what = "KEY=VALUE" if order.verb == "set" else "KEY"
        raise PorticoError(
            f"There is nothing to {order.verb}.",
            "No config var was named.",
            f"`portico config {order.verb} {what}`; `portico config` lists what is set.",
        )
    if order.verb == "unset":
        return dict.fromkeys(order.words)
    return dict(_assignment(word) for word in order.words)


def _assignment(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if equals and key:
        return key, value
    raise PorticoError(
        f"{word!r} sets nothing.",
        "A config var is written KEY=VALUE, without spaces around the equals sign.",
        "For example `portico config set DEBUG=0 'GREETING=Good morning'`.",
    )


def _get(target: Target, keys: tuple[str, ...], json: bool) -> None:
    found = target.client.config(target.app)
    for key in keys:
        if key not in found:
            raise _unset(target.app, key, tuple(found))
    wanted = {key: found[key] for key in keys or sorted(found)}
    if json:
        show_json(wanted)
    elif len(keys) == 1:
        show(wanted[keys[0]])
    else:
        _show_all(target.app, wanted, set(target.client.secret_config(target.app)))


def _show_all(app: str, variables: dict[str, str], secret: Collection[str]) -> None:
    for key, value in variables.items():
        show(safe(f"{key}={value}") + (MARK if key in secret else ""))
    if not variables:
        note(f"{app} has no config vars.")


def _change(target: Target, wanted: dict[str, str | None], secret: bool | None, json: bool) -> None:
    change = target.client.set_config(target.app, wanted, secret)
    if change.deploy is not None:
        follow_to_live(target.client, change.deploy, json=json)
    elif not json:
        show(_without_deploy(target, secret))
    if json:
        show_json(change.config)


def _without_deploy(target: Target, secret: bool | None) -> str:
    if secret is not None:
        return f"From now on logs {'hide' if secret else 'may show'} these values."
    if target.client.app(target.app).release is None:
        return f"{target.app} will have it in its first release."
    return f"Nothing was changed: the config vars of {target.app} are like that already."


def _unset(app: str, key: str, there: tuple[str, ...]) -> PorticoError:
    return PorticoError(
        f"{app} has no config var {key}.",
        f"It has {', '.join(sorted(there))}." if there else "It has none at all.",
        f"Set it with `portico config {app} set {key}=VALUE`.",
    )


def _only_with_set() -> PorticoError:
    return PorticoError(
        "--secret and --plain say something of values that are being set.",
        "There is no `set` in this command.",
        "For example `portico config set --secret DATABASE_PASS=...`.",
    )
