"""Which certificates a step with system packages trusts, and who issued one that it does not."""

from __future__ import annotations

import http.client
import os
import ssl
import subprocess
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from portico.builder import log

SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")
SECONDS = 20


def bundle() -> Path:
    """A file of all certificates that count: the system's, with the operator's own if there are."""
    return Path(os.environ.get("SSL_CERT_FILE") or SYSTEM)


def context(bundle: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(bundle) if bundle.exists() else None)


def warn(texts: Iterable[str]) -> None:
    for text in texts:
        log.warning(text)


def distrusted(url: str, trust: ssl.SSLContext) -> str | None:
    """What is wrong with a server's certificate, and whose it is; None when it is good.

    None too when nobody answers: whoever fetches something from there says it better.
    """
    try:
        _connected(url, trust).close()
    except ssl.SSLCertVerificationError as error:
        return f"{_issuer(url)} ({error.verify_message})"
    except OSError:
        return None
    return None


def _connected(url: str, trust: ssl.SSLContext) -> http.client.HTTPSConnection:
    """A connection to its server, through the proxy that is set, if any."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    proxy = "" if urllib.request.proxy_bypass(host) else os.environ.get("https_proxy", "")
    if proxy:
        via = urlsplit(proxy)
        connection = http.client.HTTPSConnection(
            via.hostname or "", via.port, timeout=SECONDS, context=trust
        )
        connection.set_tunnel(host, port)
    else:
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=trust)
    connection.connect()
    return connection


def _issuer(url: str) -> str:
    """Who issued the certificate that a server shows, in openssl's words."""
    anything = ssl.create_default_context()
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE
    try:
        connection = _connected(url, anything)
    except OSError:
        return "nobody could be asked again"
    shown = connection.sock.getpeercert(binary_form=True)
    connection.close()
    words = ("openssl", "x509", "-inform", "DER", "-noout", "-issuer", "-nameopt", "RFC2253")
    done = subprocess.run(words, input=shown, capture_output=True, check=False)
    return done.stdout.decode(errors="replace").strip().removeprefix("issuer=") or "unknown"
