"""What can be said of the operator's certificate and its private key."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def require_pair(chain: Path, key: Path) -> None:
    """Raises OSError (ssl.SSLError is one) or ValueError, with the reason."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key, password=_none)


def days_left(chain: Path) -> int:
    """Until the certificate ends. Raises OSError or ValueError."""
    return (_certificate(chain).not_valid_after_utc - datetime.now(UTC)).days


def names(chain: Path) -> frozenset[str]:
    """The hosts that it is for, as it writes them. Raises OSError or ValueError."""
    from cryptography.x509 import DNSName, ExtensionNotFound, IPAddress, SubjectAlternativeName

    try:
        found = _certificate(chain).extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return frozenset()
    kinds = (found.get_values_for_type(DNSName), found.get_values_for_type(IPAddress))
    return frozenset(str(name).lower() for kind in kinds for name in kind)


def is_for(names: frozenset[str], host: str) -> bool:
    """Whether a certificate with these names is good for a host, or for all of `*.` and a domain."""
    return not names.isdisjoint((host, f"*.{host.partition('.')[2]}"))


def _certificate(chain: Path) -> Certificate:
    from cryptography import x509  # not in an agent that only passes it on

    return x509.load_pem_x509_certificates(chain.read_bytes())[0]


def _none() -> bytes:
    """Nobody is there to type one."""
    raise ValueError("the key has a passphrase")
