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
    return f"{app_origin(name) or server().public_url}{app_prefix(name)}/"


def app_origin(name: str) -> str:
    """Scheme, host and port of an app, '' where it shares the portal's."""
    host = server().app_host(name)
    if not host:
        return ""
    scheme, _, rest = server().public_url.partition("://")
    port = rest.rpartition("]")[2].partition(":")[2]
    return f"{scheme}://{host}" + (f":{port}" if port else "")


def picture_url(name: str, digest: str) -> str:
    """The picture on an app's card; another address for another picture."""
    return f"{server().public_url}/-/portal/pictures/{name}/{digest[:12]}.webp"


def git_url(name: str) -> str:
    """What an author adds as the git remote."""
    return f"{server().public_url}/-/git/{name}.git"
