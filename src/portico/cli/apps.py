"""`portico apps ...` and `portico open`."""

from __future__ import annotations

import math
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portico.cli import arguments, card, remote
from portico.cli.arguments import Json, Yes
from portico.cli.card import DEFAULT
from portico.cli.follow import follow_to_live
from portico.cli.output import local_time, note, safe, show, show_json, show_table
from portico.cli.target import Target, connect, find
from portico.errors import PorticoError
from portico.units import duration

if TYPE_CHECKING:
    from portico.client.documents import App, Requests

apps = typer.Typer(help="List, make and change apps.")


class Path(StrEnum):
    OWN = "own"
    MOUNT = "mount"
    STRIP = "strip"
    AUTO = "auto"


@apps.callback(invoke_without_command=True)
def list_apps(context: typer.Context, json: Json = False) -> None:
    """List the apps, or make and change one."""
    if context.invoked_subcommand is not None:
        return
    found = connect().apps()
    if json:
        show_json([app.as_json() for app in found])
    elif found:
        rows = [(app.name, app.state, _version(app), app.url) for app in found]
        show_table(("NAME", "STATE", "RELEASE", "URL"), rows)
    else:
        note("There are no apps yet. `portico deploy` makes one of the folder you are in.")


@apps.command()
def create(name: Annotated[str, typer.Argument(metavar="NAME")], json: Json = False) -> None:
    """Make an app, and inside a git repository the remote `portico` for it."""
    app = connect().create_app(name)
    if json:
        show_json(app.as_json())
        return
    show(f"Made {app.name}. It will answer at {app.url}")
    if remote.add(app.git_url):
        show(f"Added the git remote `portico`: `git push portico HEAD:main` deploys {app.name}.")


@apps.command()
def info(app: arguments.App = None, json: Json = False) -> None:
    """Show an app and its settings."""
    target = find(app)
    found = target.client.app(target.app)
    if json:
        show_json(found.as_json())
        return
    for name, value in _facts(found):
        show(safe(f"{name + ':':<20}{value}"))


@apps.command("set")
def set_settings(
    app: arguments.App = None,
    path: Annotated[
        Path | None,
        typer.Option("--path", help="How the app meets its prefix; auto: find it out."),
    ] = None,
    health_path: Annotated[
        str | None, typer.Option(metavar="PATH", help="Asked until it answers, at a start.")
    ] = None,
    timeout: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="Until an answer begins.")
    ] = None,
    idle_timeout: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="Without a byte; 0: no limit.")
    ] = None,
    max_request_bytes: Annotated[
        str | None, typer.Option(metavar="BYTES", help="Largest request; 0: no limit.")
    ] = None,
    ready_seconds: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="A new process has until it answers.")
    ] = None,
    drain_seconds: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="An old process has to finish.")
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="On its card in the portal.")
    ] = None,
    description: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Below the title.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG", help="Several can be given; they take the place of all."),
    ] = None,
    rank: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Its place in the portal; 1 is first.")
    ] = None,
    picture: Annotated[
        str | None, typer.Option(metavar="FILE", help="A PNG, JPEG or WebP file for its card.")
    ] = None,
    listed: Annotated[
        bool | None,
        typer.Option("--listed/--unlisted", help="Whether its viewers find it in the portal."),
    ] = None,
    json: Json = False,
) -> None:
    """Change settings of an app. The word `default` takes one back to the server's default."""
    changes: dict[str, Any] = {
        "health_path": health_path,
        "timeout": _number("--timeout", timeout),
        "idle_timeout": _number("--idle-timeout", idle_timeout),
        "max_request_bytes": _whole("--max-request-bytes", max_request_bytes, " of bytes"),
        "ready_seconds": _number("--ready-seconds", ready_seconds),
        "drain_seconds": _number("--drain-seconds", drain_seconds),
        "path_mode": DEFAULT if path is Path.AUTO else path and path.value,
        "title": title,
        "description": description,
        "tags": card.tags(tag),
        "rank": _whole("--rank", rank),
        "listed": listed,
    }
    given = {k: None if v == DEFAULT else v for k, v in changes.items() if v is not None}
    _apply(app, given, picture, json)


@apps.command()
def destroy(app: Annotated[str, arguments.NAMED_APP], yes: Yes = False) -> None:
    """Remove an app with its releases and its data, for good."""
    client = connect()
    name = client.app(app).name
    if not yes:
        _ask_for(name)
    client.destroy_app(name)
    show(f"Destroyed {name}.")


@apps.command()
def rename(
    app: Annotated[str, arguments.NAMED_APP],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
) -> None:
    """Give an app another name, and so another address; the old one leads there."""
    renamed = connect().change_app(app, {"name": name})
    show(f"{app} is now {renamed.name}, at {renamed.url}")
    if remote.move(app, renamed.git_url):
        show("The git remote `portico` of this repository follows.")


@apps.command()
def transfer(
    app: Annotated[str, arguments.NAMED_APP],
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who is to own it.")],
) -> None:
    """Give an app to somebody else; who owned it becomes a co-owner."""
    given = connect().change_app(app, {"owner": person})
    show(f"{given.name} belongs to {given.owner} now.")


def open_app(app: arguments.App = None) -> None:
    """Open an app in the browser."""
    import webbrowser

    target = find(app)
    url = target.client.app(target.app).url
    show(url)
    if not webbrowser.open(url):
        note("There is no browser here to open it.")


def _version(app: App) -> str:
    return f"v{app.release}" if app.release else ""


def _facts(app: App) -> list[tuple[str, object]]:
    settings = [
        (name.replace("_", "-"), DEFAULT if value is None else value)
        for name, value in app.settings.as_json().items()
        if name != "path_mode"
    ]
    chosen = "set" if app.settings.path_mode else "found out"
    processes = [
        (name, f"{app.formation.get(name, 0)} x {command}")
        for name, command in app.processes.items()
    ]
    return [
        ("name", app.name),
        ("url", app.url),
        ("git", app.git_url),
        ("state", app.state),
        ("release", _version(app) or "none"),
        ("path", f"{app.path_mode} ({chosen})" if app.path_mode else "not known yet"),
        ("made", local_time(app.created_at)),
        *([("access", app.access)] if app.access else []),
        *([("owner", app.owner)] if app.owner else []),
        *([("old names", ", ".join(app.old_names))] if app.old_names else []),
        *([("requests", _answered(app.requests))] if app.requests else []),
        *([("last restart", app.problem.title)] if app.problem else []),
        *card.facts(app),
        *processes,
        *settings,
    ]


def _answered(requests: Requests) -> str:
    within = f"in the last {requests.minutes} minutes"
    if not requests.answers:
        return f"none {within}"
    times = ((requests.median, "half"), (requests.p95, "95%"))
    took = [
        f"{share} began within {duration(value)}" for value, share in times if value is not None
    ]
    return ", ".join((f"{requests.answers} {within}", f"{requests.errors} failed", *took))


def _apply(app: str | None, changes: dict[str, Any], picture: str | None, json: bool) -> None:
    if not changes and picture is None:
        raise PorticoError(
            "Nothing was changed.",
            "No setting was given.",
            "`portico apps set --help` lists the settings; `portico apps info` shows them.",
        )
    target = find(app)
    changed = card.change(target.client, target.app, changes, picture)
    _follow_settings(target, json)
    if json:
        show_json(changed.as_json())
    else:
        show(f"Changed {changed.name}.")


def _follow_settings(target: Target, json: bool) -> None:
    """Some settings are part of a release: the server then rolls out a new one by itself."""
    for deploy in target.client.deploys(target.app)[:1]:
        if deploy.kind == "config" and not deploy.final:
            follow_to_live(target.client, deploy, json=json)


def _number(option: str, value: str | None) -> float | str | None:
    if value is None or value == DEFAULT:
        return value
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _no_number(option, value, "a number of seconds")
    return number


def _whole(option: str, value: str | None, unit: str = "") -> int | str | None:
    if value is None or value == DEFAULT:
        return value
    if not value.isdecimal():
        raise _no_number(option, value, f"a whole number{unit}")
    return int(value)


def _no_number(option: str, value: str, wanted: str) -> PorticoError:
    return PorticoError(
        f"{option} cannot be set to {value!r}.",
        f"It is not {wanted}.",
        f"Give {wanted}, or `{DEFAULT}` for the server's own.",
    )


def _ask_for(name: str) -> None:
    """Only the whole name counts as a yes: there is no way back."""
    if not sys.stdin.isatty():
        raise PorticoError(
            f"{name} was not destroyed.",
            "Its releases and data would be gone for good, and there is no terminal to ask on.",
            f"Say it in the command: `portico apps destroy {name} --yes`.",
        )
    note(f"This removes {name}, its releases and its data, for good.")
    if typer.prompt(f"Type {name} to go on", err=True, default="", show_default=False) != name:
        raise PorticoError(
            f"{name} was not destroyed.",
            "Something else than its name was typed.",
            f"To destroy it, type `portico apps destroy {name}` again, and then {name}.",
        )
