"""Whether a certificate and a private key can be used together. Standard library only."""

from __future__ import annotations

import ssl
from pathlib import Path


def require_pair(chain: Path, key: Path) -> None:
    """Raises OSError (ssl.SSLError is one) or ValueError, with the reason."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key, password=_none)


def _none() -> bytes:
    """Nobody is there to type one."""
    raise ValueError("the key has a passphrase")
