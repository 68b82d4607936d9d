"""What the shell offers on Tab. Never an error: a shell that waits wants names or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer import Context

if TYPE_CHECKING:
    from portico.client import Client

SECONDS = 2.0


def app_names(incomplete: str) -> list[str]:
    from portico.errors import PorticoError

    try:
        apps = _client().apps()
    except PorticoError:
        return []
    return [app.name for app in apps if app.name.startswith(incomplete)]


def _client() -> Client:
    from portico.cli.target import chosen_login
    from portico.client import Client

    login = chosen_login()
    return Client(login.server, login.token, timeout=SECONDS)


def drain_words(context: Context, incomplete: str) -> list[str]:
    """After `portico drains`: apps, then verbs, then the numbers of that app's drains."""
    given = list(context.params.get("words") or ())
    if not given:
        return app_names(incomplete)
    if given[-1] == "remove" and len(given) == 2:
        return [name for name in _drains_of(given[0]) if name.startswith(incomplete)]
    verbs = ("add", "remove") if len(given) == 1 else ()
    return [verb for verb in verbs if verb.startswith(incomplete)]


def _drains_of(app: str) -> list[str]:
    from portico.errors import PorticoError

    try:
        return [str(drain.id) for drain in _client().log_drains(app)]
    except PorticoError:
        return []
