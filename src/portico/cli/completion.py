"""What the shell offers on Tab. Never an error: a shell that waits wants names or nothing."""

from __future__ import annotations

SECONDS = 2.0


def app_names(incomplete: str) -> list[str]:
    from portico.cli.target import chosen_login
    from portico.client import Client
    from portico.errors import PorticoError

    try:
        login = chosen_login()
        apps = Client(login.server, login.token, timeout=SECONDS).apps()
    except PorticoError:
        return []
    return [app.name for app in apps if app.name.startswith(incomplete)]
