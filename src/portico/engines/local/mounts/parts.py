"""The parts of Portico that its own programs in sandboxes are shown."""

from __future__ import annotations

from portico.engines.local.host.survey import Host
from portico.engines.sandbox import Bind, Directory, Mount


def parts_mounts(host: Host, parts: tuple[str, ...]) -> tuple[Mount, ...]:
    """Parts of this package below /portico, and nothing of the rest of it."""
    return (
        *(Directory(folder) for folder in ("/portico", "/portico/portico")),
        *(Bind(str(host.portico / part), f"/portico/portico/{part}") for part in parts),
    )
