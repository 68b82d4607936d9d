"""Which network the processes of this server get."""

from __future__ import annotations

import logging

from portico.engines.local.network.packet_filter import SlowPacketFilterError
from portico.engines.local.network.place import Networks
from portico.engines.local.network.shared import SharedNetwork
from portico.layout import Layout, Users
from portico.settings import Settings

log = logging.getLogger(__name__)
NOT_AS_USER = "only root can give each a network of its own."


def choose(layout: Layout, users: Users, settings: Settings) -> Networks:
    """Own ones where they can be had; the reason why not goes to the log, and to the doctor."""
    if users.web is None:  # no root, or that of a user namespace, whose network it is not
        return SharedNetwork(NOT_AS_USER)
    while True:
        try:
            return _own(layout, users, settings)
        except SlowPacketFilterError as error:  # no reason to put all apps into one network
            log.warning("Apps' networks are made ready anew: %s.", error)
        except OSError as error:
            shared = SharedNetwork(f"{error.strerror or error}.")
            log.warning("%s", shared.notice)
            return shared


def _own(layout: Layout, users: Users, settings: Settings) -> Networks:
    from portico.engines.local.network.own import prepare  # pyroute2: 14 MB that others need not

    return prepare(layout, users, settings)
