"""Looks whether the operator's mirrors can be used at all, before a server starts on them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from portico.errors import PorticoError
from portico.mirrors import folder, host, setting_addresses
from portico.settings import Settings

# Where distributions keep all certificates in one file.
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def check(settings: Settings) -> None:
    """Raises PorticoError for the first setting that names nothing usable."""
    for name, address in setting_addresses(settings).items():
        _check_address(name, address, settings.data)
    for pair in settings.build_reaches:
        _check_pair(pair)
    if settings.ca_bundle:
        _own_certificates(Path(settings.ca_bundle))


def trusted(settings: Settings, environ: Mapping[str, str]) -> bytes | None:
    """The content of mirrors.CERTIFICATES: the system's and the operator's, None when none are added.

    Read for each build: the operator may replace the file. Raises PorticoError.
    """
    if not settings.ca_bundle:
        return None
    own = _own_certificates(Path(settings.ca_bundle))
    bundles = [environ.get("SSL_CERT_FILE", ""), *SYSTEM_BUNDLES]
    system = next((Path(name) for name in bundles if name and Path(name).is_file()), None)
    return (system.read_bytes() + b"\n" if system else b"") + own


def _check_pair(pair: str) -> None:
    if not host(f"tcp://{pair}"):
        raise PorticoError(
            "The setting build_reaches names something without a port.",
            f"It says {pair}.",
            "Write a host and a port, such as git.internal:443.",
        )


def _check_address(name: str, address: str, data: Path) -> None:
    path = folder(address)
    if path and not Path(path).is_dir():
        raise PorticoError(
            f"The setting {name} names a folder that is not there.",
            f"It says {address}; {path} is not a folder.",
            "Make the folder, or correct the setting.",
        )
    if path and data.resolve().is_relative_to(Path(path).resolve()):
        raise PorticoError(
            f"The setting {name} would show the server's own files to builds.",
            f"It says {address}; the data folder {data} lies in there.",
            "Move the mirror into a folder of its own, and correct the setting.",
        )
    if not path and not host(address):
        raise PorticoError(
            f"The setting {name} is not an address.",
            f"It says {address}.",
            "Write an address that begins with https://, http:// or file:/// and a full path.",
        )


def _own_certificates(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise PorticoError(
            "The setting ca_bundle names a file that cannot be read.",
            f"{path}: {error.strerror}.",
            "Correct the setting, or put the certificates there.",
        ) from error
    if not _holds_certificate(text):
        raise PorticoError(
            "The setting ca_bundle names a file without a certificate.",
            f"{path} holds nothing between `-----BEGIN CERTIFICATE-----` and "
            "`-----END CERTIFICATE-----` that is one.",
            "Put the certificates of your own authorities there, in PEM form.",
        )
    return text.encode()


def _holds_certificate(text: str) -> bool:
    store = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        store.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        return False
    return store.cert_store_stats()["x509"] > 0
