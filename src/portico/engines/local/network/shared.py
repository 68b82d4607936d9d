"""The machine's own network, for all: each process that listens has a port of its own."""

from __future__ import annotations

from portico.engines.engine import Endpoint
from portico.engines.local.network.place import Place
from portico.engines.local.network.ports import Ports

LOOPBACK = "127.0.0.1"


class SharedNetwork:
    """See `Networks`. `because` says in words why there is no other."""

    def __init__(self, because: str = "") -> None:
        self._ports = Ports()
        self.notice = f"Apps reach each other's processes and this machine's services: {because}"

    async def take(self, handle: str, *, listens: bool) -> Place:  # noqa: ARG002 - all are alike
        if not listens:
            return Place()
        return Place(Endpoint(LOOPBACK, self._ports.take()))

    def keep(self, endpoint: Endpoint | None) -> None:
        if endpoint is not None and is_shared(endpoint):
            self._ports.remember(endpoint.port)

    def release(self, endpoint: Endpoint | None) -> None:
        if endpoint is not None and is_shared(endpoint):
            self._ports.release(endpoint.port)

    async def tidy(self, kept: frozenset[str]) -> None:
        """Nothing was made."""

    async def close(self) -> None:
        """Nothing was made."""


def is_shared(endpoint: Endpoint) -> bool:
    """Others could have been first at its port."""
    return endpoint.address == LOOPBACK
