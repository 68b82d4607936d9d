"""The server that this process belongs to: its settings, its files, its addresses."""

from __future__ import annotations

from django.conf import settings

from portico.layout import Layout
from portico.settings import Settings


def server() -> Settings:
    """The operator's settings."""
    return settings.PORTICO


def layout() -> Layout:
    return Layout(server().data)


def app_prefix(name: str) -> str:
    """The path under which an app is reached, without a closing slash."""
    return f"/{name}"


def app_url(name: str) -> str:
    """An app's public address, with the closing slash."""
    base = server().public_url
    if server().apps_host:
        scheme, _, rest = base.partition("://")
        port = rest.rpartition("]")[2].partition(":")[2]
        base = f"{scheme}://{server().apps_host}" + (f":{port}" if port else "")
    return f"{base}{app_prefix(name)}/"


def picture_url(name: str, digest: str) -> str:
    """The picture on an app's card; another address for another picture."""
    return f"{server().public_url}/-/portal/pictures/{name}/{digest[:12]}.webp"


def git_url(name: str) -> str:
    """What an author adds as the git remote."""
    return f"{server().public_url}/-/git/{name}.git"
