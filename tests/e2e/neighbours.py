"""Who is there beside an app that means no good: another app, its addresses, the machine's own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from portico.engines.local.processes.records import folders
from tests.e2e.steps import Stepping
from tests.servers import Server

NEEDLE = "what-only-the-neighbour-knows"


@contextmanager
def neighbour_on(server: Server) -> Iterator[Stepping]:
    """An app that serves, with a secret in its environment and in its data."""
    made = Stepping(server, "neighbour")
    made.client.create_app("neighbour")
    made.client.set_config("neighbour", {"SECRET": NEEDLE})
    made.deployed()
    server.open_to_all("neighbour")
    (made.folder / "data" / "secret.txt").write_text(NEEDLE)
    yield made
    made.close()


def endpoints(server: Server) -> list[tuple[str, int]]:
    """Where the web processes of all apps listen."""
    records = [folder.read() for folder in folders(server.layout.processes)]
    return [(r.endpoint.address, r.endpoint.port) for r in records if r and r.endpoint]


def own_address() -> str:
    """The machine's towards the rest of the world."""
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.connect(("198.51.100.1", 9))
        address: str = asking.getsockname()[0]
        return address
