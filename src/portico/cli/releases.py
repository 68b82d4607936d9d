"""`portico releases` and `portico rollback`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from portico.cli import arguments
from portico.cli.arguments import AppOption, Json
from portico.cli.follow import follow_to_live
from portico.cli.output import local_time, note, show_json, show_table
from portico.cli.target import find
from portico.errors import PorticoError


def releases(app: arguments.App = None, json: Json = False) -> None:
    """List an app's releases, newest first."""
    target = find(app)
    found = target.client.releases(target.app)
    if json:
        show_json([release.as_json() for release in found])
    elif found:
        rows = [
            (
                f"v{each.version}",
                each.state,
                local_time(each.created_at),
                each.created_by,
                (each.commit or "")[:10],
                each.description,
            )
            for each in found
        ]
        show_table(("VERSION", "STATE", "MADE", "BY", "COMMIT", "WHAT"), rows)
    else:
        note(f"{target.app} has no releases yet. `portico deploy` makes the first.")


def rollback(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] [vN]",
            help="Without a version: the release before the current one.",
            show_default=False,
        ),
    ] = None,
    app: AppOption = None,
) -> None:
    """Make a new release of an older one's code, with today's config vars."""
    name, version = parsed(tuple(words or ()), app)
    target = find(name)
    follow_to_live(target.client, target.client.rollback(target.app, version))


def parsed(words: tuple[str, ...], app: str | None) -> tuple[str | None, int | None]:
    """App and version. A single `v3` is a version; an app of that name needs `--app`."""
    *names, last = ("", *words)
    version = re.fullmatch(r"v?([1-9][0-9]{0,8})", last)
    given = [name for name in names if name] if version else [word for word in words if word]
    if len(given) + (app is not None) > 1:
        raise PorticoError(
            "`portico rollback` takes an app and a version.",
            f"It was given: {' '.join(words)}.",
            "For example `portico rollback v3`, or `portico rollback my-app v3`.",
        )
    return app or (given[0] if given else None), int(version[1]) if version else None
