"""What the kernel has of a server's processes."""

from __future__ import annotations

from pyroute2 import IPRoute

from portico.engines.local.network.namespaces import in_thread
from portico.engines.local.process_table.marks import marker
from tests.engines.local.machines import Server


def links_of(server: Server) -> list[str]:
    """The notes of the links of a server's processes."""
    start = marker(server.layout.runtime.name, "")
    return [note for note in in_thread(_notes) if note.startswith(start)]


def _notes() -> list[str]:
    with IPRoute() as kernel:
        return [link.get_attr("IFLA_IFALIAS") or "" for link in kernel.get_links()]
