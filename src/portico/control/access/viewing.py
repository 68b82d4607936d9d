"""Who may open an app beside those that it names, as it counts on this server."""

from __future__ import annotations

from portico.control import instance
from portico.control.access.deciding import Viewing


def effective(viewing: Viewing) -> Viewing:
    if viewing is Viewing.PUBLIC and not instance.server().public_apps:
        return Viewing.SIGNED_IN
    return viewing
