"""A lock file that does not belong to its project any more."""

from __future__ import annotations

from portico.errors import PorticoError


def stale(lock: str, project: str, command: str) -> PorticoError:
    """`command` makes the lock file anew."""
    return PorticoError(
        f"{lock} is out of date.",
        f"{project} has changed since {lock} was made, so it is not known which versions it wants.",
        f"Type `{command}` in the app's folder, and deploy again with the new {lock}.",
    )
