"""Whether several people's code may be served from one host.

A page of an app can act for its visitor on whatever shares its host: other apps, and the portal,
where administrators are signed in.
"""

from __future__ import annotations

from portico.control import instance
from portico.errors import PorticoError


def require_trust() -> None:
    """Raise a PorticoError where apps are on the portal's host and the operator has not said that
    all authors are trusted."""
    server = instance.server()
    if server.apps_apart or server.trust_authors:
        return
    raise PorticoError(
        "This server is set up for one author.",
        "Apps are on the portal's own host, where a page of one author's app could act for its "
        "visitors on another's and on the portal.",
        "Ask the operator to give apps a host of their own (apps_host), or to say that all authors "
        "are trusted (trust_authors = true).",
        status=403,
    )
