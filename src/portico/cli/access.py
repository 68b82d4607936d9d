"""`portico access`: who may open an app, and who may do more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from portico.cli.arguments import AppOption, Json
from portico.cli.output import safe, show, show_json
from portico.cli.target import Target, find
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client.documents import Access

LEVELS = {
    "restricted": "Its owner, co-owners and viewers may open it, and administrators.",
    "signed-in": "Whoever is signed in may open it.",
    "public": "Everybody may open it.",
}


def access(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[APP] [restricted|signed-in|public]",
            help="Without one of the three words nothing changes but what the options say.",
            show_default=False,
        ),
    ] = None,
    viewer: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO", help="Let a person, or group:NAME, open it."),
    ] = None,
    co_owner: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO", help="Let a person, or group:NAME, do what you may."),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="WHO", help="Take a viewer or co-owner away.")
    ] = None,
    app: AppOption = None,
    json: Json = False,
) -> None:
    """Show or choose who may open an app, and who may do more."""
    name, level = parsed(tuple(words or ()), app)
    changes: dict[str, Any] = {"viewers": viewer, "co_owners": co_owner, "remove": remove}
    wanted = {key: value for key, value in (changes | {"access": level}).items() if value}
    target = find(name)
    client = target.client
    found = client.change_access(target.app, wanted) if wanted else client.access(target.app)
    if json:
        show_json(found.as_json())
    else:
        _show(target, found)


def parsed(words: tuple[str, ...], app: str | None) -> tuple[str | None, str | None]:
    """App and level. An app that is called like a level needs `--app`."""
    level = words[-1] if words and words[-1] in LEVELS else None
    names = words[:-1] if level else words
    if len(names) + (app is not None) > 1:
        raise PorticoError(
            "`portico access` takes an app and one of three words.",
            f"It was given: {' '.join(words)}.",
            f"For example `portico access my-app {'|'.join(LEVELS)}`.",
        )
    return app or next(iter(names), None), level


def _show(target: Target, found: Access) -> None:
    show(f"{safe(target.app)} is {safe(found.access)}. {LEVELS.get(found.access, '')}".rstrip())
    show(f"owner:      {safe(found.owner or 'none')}")
    show(f"co-owners:  {safe(', '.join(found.co_owners) or 'none')}")
    show(f"viewers:    {safe(', '.join(found.viewers) or 'none')}")
