"""`portico login` and `portico whoami`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli import browser_login, logins
from portico.cli.arguments import Json
from portico.cli.logins import Login
from portico.cli.output import safe, show, show_json
from portico.cli.target import connect, warn_of_version
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client.documents import Whoami


def login(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server's address.")],
    token: Annotated[
        str | None,
        typer.Option("--token", help="A token; standard input may hold it too, if no terminal."),
    ] = None,
) -> None:
    """Log in to a server, in a browser or with a token, and make it the current one."""
    server = logins.normalised(url)
    kept = logins.load()
    if token is None and sys.stdin.isatty():
        found = Login(server, browser_login.token_of(server))
    else:
        found = Login(server, _token(server, token))
    user = _checked(found)
    logins.save(kept.with_login(found))
    show(f"Logged in to {server} as {safe(user.user)}.")


def whoami(json: Json = False) -> None:
    """Say which server this is, and who you are there."""
    client = connect()
    me = client.whoami()
    if json:
        show_json({"server": client.server, "user": me.user, "token": me.token})
    else:
        show(safe(f"{me.user} at {client.server}" + (f" (token {me.token})" if me.token else "")))


def _checked(login: Login) -> Whoami:
    """Ask the server who this is, before the login replaces one that works."""
    from portico.client import Client

    client = Client(login.server, login.token)
    warn_of_version(client.server, client.about().version)
    return client.whoami()


def _token(server: str, given: str | None) -> str:
    token = given or sys.stdin.readline().strip()
    if logins.is_token(token):
        return token
    raise PorticoError(
        "No token was given.",
        "Standard input held none." if not token else "What was given has characters no token has.",
        f"`portico login {server} --token TOKEN`, or `portico login {server}` on a terminal.",
    )
