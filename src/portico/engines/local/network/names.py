"""What this server's parts of the machine's network are called, so that servers do not meet. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

# The machine's ends of all servers' processes begin with this: none of them may reach another.
ANY_SERVER = "prtc"
INSIDE = "eth0"
# Of every process the same: addresses of a link mean nothing beyond it.
GATEWAY = "169.254.1.1"
GATEWAY6 = "fe80::1"
PORT = 8000


@dataclass(frozen=True)
class Names:
    """Of one server; interfaces have at most 15 characters."""

    server: str

    @property
    def _key(self) -> str:
        return _digest(self.server, 4)

    @property
    def table(self) -> str:
        return f"portico-{self._key}"

    @property
    def interfaces(self) -> str:
        """The beginning of the names of this server's interfaces."""
        return ANY_SERVER + self._key

    def interface(self, handle: str) -> str:
        return self.interfaces + _digest(handle, 7)


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
