"""`portico tokens`: for scripts, other machines, other people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from portico.cli.arguments import Json
from portico.cli.completion import app_names
from portico.cli.output import local_time, note, safe, show, show_json, show_table
from portico.cli.target import connect

if TYPE_CHECKING:
    from portico.client.documents import Token

tokens = typer.Typer(help="List, make and revoke tokens.")
Person = Annotated[
    str | None, typer.Option("--for", metavar="PERSON", help="Of somebody else; administrators.")
]


@tokens.callback(invoke_without_command=True)
def list_tokens(context: typer.Context, person: Person = None, json: Json = False) -> None:
    """List your tokens, or make and revoke them."""
    if context.invoked_subcommand is not None:
        return
    found = connect().tokens(person)
    if json:
        show_json([token.as_json() for token in found])
    elif found:
        rows = [
            (
                token.id,
                token.name,
                _scope(token),
                local_time(token.created_at),
                _expiry(token),
                local_time(token.last_used_at) or "never",
            )
            for token in found
        ]
        show_table(("ID", "NAME", "GOOD FOR", "MADE", "EXPIRES", "LAST USED"), rows)
    else:
        note("There are no tokens.")


@tokens.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    app: Annotated[
        str | None,
        typer.Option(
            "--app", "-a", metavar="APP", help="Good for this app alone.", autocompletion=app_names
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Good for looking, config vars excepted.")
    ] = False,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Good for the metrics alone; administrators.")
    ] = False,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3650, help="Good for so many days.")
    ] = None,
    person: Person = None,
    json: Json = False,
) -> None:
    """Make a token and print it, this once."""
    wanted: dict[str, Any] = {
        "app": app,
        "metrics": metrics or None,
        "days": days,
        "user": person,
    }
    given = {key: value for key, value in wanted.items() if value is not None}
    made = connect().create_token({"name": name, "read_only": read_only, **given})
    if json:
        show_json(made.as_json())
        return
    show(safe(made.token))
    note(f"Good for {safe(_scope(made))}, until {_expiry(made)}. It is not shown again.")


@tokens.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `portico tokens` shows it.")],
) -> None:
    """Make a token good for nothing."""
    connect().revoke_token(number)
    show(f"Revoked token {number}.")


def _scope(token: Token) -> str:
    if token.metrics:
        return "metrics"
    what = f"the app {token.app}" if token.app else "everything"
    return f"reading {what}" if token.read_only else what


def _expiry(token: Token) -> str:
    if token.expired:
        return "expired"
    return local_time(token.expires_at) or "it is revoked"
