"""Which server and which app a command means, when the author does not say it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from portico import __version__
from portico.cli import logins
from portico.cli.git import said
from portico.cli.logins import Login
from portico.cli.output import show_warning
from portico.errors import PorticoError

if TYPE_CHECKING:
    from portico.client import Client

REMOTE = "portico"


@dataclass(frozen=True)
class Remote:
    """What the git remote `portico` of a folder says."""

    server: str
    app: str


@dataclass(frozen=True)
class Target:
    client: Client
    app: str


def find(app: str | None, folder: Path | None = None) -> Target:
    """The app of that name; else the remote's, else the folder's if the server knows it."""
    if app is not None:
        return Target(connect(), app)
    here = (folder or Path.cwd()).resolve()
    remote = remote_of(here)
    if remote is not None:
        return Target(connect(remote), remote.app)
    client, name = connect(), name_of(here)
    if name is None or not exists(client, name):
        raise _unnamed(client.server, name)
    return Target(client, name)


def exists(client: Client, app: str) -> bool:
    try:
        client.app(app)
    except PorticoError as error:
        if error.status == 404:
            return False
        raise
    return True


def connect(remote: Remote | None = None) -> Client:
    """A client that has seen that the server is one; says once when the versions are apart."""
    from portico.client import Client

    login = chosen_login(remote)
    client = Client(login.server, login.token)
    warn_of_version(client.server, client.about().version)
    return client


def chosen_login(remote: Remote | None = None) -> Login:
    """PORTICO_SERVER and PORTICO_TOKEN over the remote's server over the last login."""
    kept = logins.load()
    server = os.environ.get("PORTICO_SERVER")
    if server:
        server = logins.normalised(server)
    elif remote is not None and remote.server in kept.tokens:
        server = remote.server
    else:
        server = kept.current
    if not server:
        raise _no_server()
    token = os.environ.get("PORTICO_TOKEN") or kept.tokens.get(server)
    if not token:
        raise _no_token(server)
    if not logins.is_token(token):
        raise _no_such_token()
    return Login(server, token)


def warn_of_version(server: str, version: str) -> None:
    if version.split(".")[:2] == __version__.split(".")[:2]:
        return
    show_warning(
        "This command and the server have different versions.",
        f"This is Portico {__version__}, {server} runs {version}; some things may not work.",
        f"Install the server's version here: `pip install 'portico=={version}'`.",
    )


def remote_of(folder: Path) -> Remote | None:
    """What `git remote get-url portico` says there, None without git, repository or remote."""
    return parsed_remote(said(folder, "config", "--get", f"remote.{REMOTE}.url") or "")


def parsed_remote(url: str) -> Remote | None:
    """Server and app of `https://user@host/-/git/<app>.git`."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that belong to no address
        return None
    match = re.fullmatch(r"/-/git/([^/]+?)(?:\.git)?/?", parts.path)
    if match is None or parts.scheme not in ("http", "https"):
        return None
    address = parts.netloc.rpartition("@")[2]
    return Remote(f"{parts.scheme}://{address}".lower(), unquote(match[1]))


def name_of(folder: Path) -> str | None:
    """The folder's name made valid for an app, None when nothing valid is in it."""
    words = re.sub(r"[^a-z0-9]+", "-", folder.name.lower())
    name = re.sub(r"^[^a-z]+", "", words)[:40].rstrip("-")
    return name if len(name) > 1 else None


def _no_server() -> PorticoError:
    return PorticoError(
        "No server is known yet.",
        f"PORTICO_SERVER is not set, and {logins.path()} holds no login.",
        "Log in: `portico login URL`. To try Portico on this machine: `portico demo`.",
    )


def _no_token(server: str) -> PorticoError:
    return PorticoError(
        f"There is no token for {server}.",
        f"PORTICO_TOKEN is not set, and {logins.path()} holds no login to this server.",
        f"Log in: `portico login {server}`.",
    )


def _no_such_token() -> PorticoError:
    return PorticoError(
        "The token cannot be used.",
        "It has characters that no token has, for example a space or the end of a line.",
        "Set PORTICO_TOKEN to the token alone, or log in again: `portico login URL`.",
    )


def _unnamed(server: str, name: str | None) -> PorticoError:
    found = f"{server} has no app {name}" if name else "the folder's name makes none"
    return PorticoError(
        "It is not clear which app is meant.",
        f"None was named, git has no remote `{REMOTE}` here, and {found}.",
        "Name the app in the command; `portico apps` lists them.",
    )
