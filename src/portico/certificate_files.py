"""What can be said of the operator's certificate and its private key."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path


def require_pair(chain: Path, key: Path) -> None:
    """Raises OSError (ssl.SSLError is one) or ValueError, with the reason."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key, password=_none)


def days_left(chain: Path) -> int:
    """Until the certificate ends. Raises OSError or ValueError."""
    from cryptography import x509  # not in an agent that only passes it on

    certificate = x509.load_pem_x509_certificates(chain.read_bytes())[0]
    return (certificate.not_valid_after_utc - datetime.now(UTC)).days


def _none() -> bytes:
    """Nobody is there to type one."""
    raise ValueError("the key has a passphrase")
