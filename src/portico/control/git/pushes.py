"""Pushes under way: one per app, each with a token that its hook deploys with."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from portico.control import origin
from portico.control.origin import Origin
from portico.errors import PorticoError


@dataclass(frozen=True)
class Push:
    """A push that is being received. `token` is good for this app while it lasts."""

    app: str
    user_id: int
    username: str
    origin: Origin  # of what it brings
    token: str = field(default_factory=lambda: f"push_{secrets.token_urlsafe(32)}", repr=False)


_lock = threading.Lock()
_by_app: dict[str, Push] = {}


@contextmanager
def begin(app: str, user_id: int, username: str, *, known: bool = True) -> Iterator[Push]:
    """Claim the app for a push; a PorticoError when another one has it, as in `refuse_second`."""
    pusher = origin.current()
    came_from = Origin(pusher.address, f"{origin.GIT}, {pusher.way}")
    push = Push(app, user_id, username, came_from)
    with _lock:
        if other := _by_app.get(app):
            raise _busy(app, other, known=known)
        _by_app[app] = push
    try:
        yield push
    finally:
        with _lock:
            del _by_app[app]


def refuse_second(app: str, *, known: bool) -> None:
    """Raise a PorticoError when somebody pushes to the app at this moment; it names them to whom
    the app is `known`: others may not learn whose it will be."""
    with _lock:
        if other := _by_app.get(app):
            raise _busy(app, other, known=known)


def is_pushed(app: str) -> bool:
    with _lock:
        return app in _by_app


def refuse_while_pushing(app: str, what: str) -> None:
    """Raise a PorticoError when a push stands against renaming or destroying the app."""
    with _lock:
        if other := _by_app.get(app):
            raise PorticoError(
                f"{app} cannot be {what} now.",
                f"A push by {other.username} is under way.",
                "Wait until it has ended and try again.",
                status=409,
            )


def by_token(token: str) -> Push | None:
    """The push whose hook holds this token."""
    with _lock:
        pushes = list(_by_app.values())
    # As bytes: of text that is not ASCII the comparison raises an error.
    given = token.encode()
    return next((p for p in pushes if secrets.compare_digest(p.token.encode(), given)), None)


def _busy(app: str, other: Push, *, known: bool) -> PorticoError:
    which = f"by {other.username}" if known else "that makes it"
    return PorticoError(
        f"Somebody is pushing to {app} already.",
        f"A push {which} is under way; an app takes one at a time.",
        "Push again when it has ended.",
        status=409,
    )
