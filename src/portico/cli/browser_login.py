"""Gets a token in the browser: here, or on any other machine where the address is opened."""

from __future__ import annotations

import os
import platform
import sys
import time
from typing import TYPE_CHECKING

from portico.cli.output import note, progress, safe
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client import Client
    from portico.client.documents import BegunLogin

LONGEST_NAME = 80


def token_of(server: str) -> str:
    """Wait until the person has let this machine in, or refused, or let it be."""
    from portico.client import Client

    client = Client(server, "")
    client.about()  # tells what is no Portico before a login is begun there
    begun = client.begin_login((platform.node() or "a machine")[:LONGEST_NAME])
    note(f"To log in, open {safe(begun.url)}")
    note(f"and compare the code: {safe(begun.code)}")
    if has_browser():
        _open(begun.url)
    return _awaited(client, begun)


def has_browser() -> bool:
    """One with windows on this screen; those of terminals would take this one."""
    if "SSH_CONNECTION" in os.environ:
        return False
    shows = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in shows)


def _open(url: str) -> None:
    import webbrowser

    webbrowser.open(url)


def _awaited(client: Client, begun: BegunLogin) -> str:
    deadline = time.monotonic() + begun.expires_in
    with progress(sys.stderr, "Waiting for the browser"):
        while time.monotonic() < deadline:
            if token := client.take_token(begun.secret):
                return token
            time.sleep(begun.interval)
    raise PorticoError(
        "You were not logged in.",
        f"Nobody has confirmed the code within {begun.expires_in // 60} minutes.",
        f"Begin again: portico login {client.server}",
    )
