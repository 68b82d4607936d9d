"""The gate's cookies. Each is good for one app and is sent to that app's path alone, or to its host."""

from __future__ import annotations

import re

from portico.control import instance

APP = "portico_app"  # the signed identity; the router verifies it by itself
VIEWER = "portico_viewer"  # a visit's token; web is asked about it
DOOR = "portico_door"  # of a browser on its way in from another host, before it is anybody

# A little longer than the router takes it for want of a better one, while web is away.
APP_SECONDS = 640
DOOR_SECONDS = 600
MOST = 5  # of one name in one request: another app's script may have planted some

_COOKIE = r"(?<![^;\s]){}=([A-Za-z0-9_-]{{43}})(?![A-Za-z0-9_-])"


def app_cookie(token: str, path: str, *, secure: bool) -> str:
    return _cookie(APP, token, path, APP_SECONDS, secure=secure)


def viewer_cookie(token: str, path: str, seconds: int, *, secure: bool) -> str:
    return _cookie(VIEWER, token, path, seconds, secure=secure)


def door_cookie(token: str, *, secure: bool) -> str:
    return _cookie(DOOR, token, "/-/gate/", DOOR_SECONDS, secure=secure)


def tokens(name: str, header: str) -> list[str]:
    """What a request's cookies of that name hold."""
    found = re.findall(_COOKIE.format(instance.server().gate_cookie_prefix + name), header)
    return list(dict.fromkeys(found))[:MOST]


def _cookie(name: str, value: str, path: str, seconds: int, *, secure: bool) -> str:
    if prefix := instance.server().gate_cookie_prefix:
        name, path, secure = f"{prefix}{name}", "/", True
    rest = "; Secure" if secure else ""
    return f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{rest}"
