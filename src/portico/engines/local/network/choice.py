"""Which network the processes of this server get."""

from __future__ import annotations

import logging

from portico.engines.local.machine import Machine
from portico.engines.local.network.place import Networks
from portico.engines.local.network.shared import SharedNetwork

NOT_AS_USER = "only root can give each a network of its own."


def choose(machine: Machine) -> Networks:
    """Own ones where they can be had; the reason why not goes to the log, and to the doctor."""
    if machine.users.web is None:  # no root, or that of a user namespace, whose network it is not
        return SharedNetwork(NOT_AS_USER)
    from portico.engines.local.network.own import prepare  # pyroute2: 14 MB that others need not

    try:
        return prepare(machine.server, machine.users, machine.layout, machine.settings)
    except OSError as error:
        shared = SharedNetwork(f"{error.strerror or error}.")
        logging.getLogger(__name__).warning("%s", shared.notice)
        return shared
