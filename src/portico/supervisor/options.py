"""What the operator asked for: the command line over `PORTICO_*` over portico.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portico.errors import PorticoError
from portico.supervisor.address import Address

DEFAULT_LISTEN = "127.0.0.1:8000"


@dataclass(frozen=True)
class Tls:
    """The files of the certificate, and the address from which plain HTTP is redirected, if any."""

    certificate: Path
    key: Path
    plain: Address | None = None


@dataclass(frozen=True)
class Options:
    """Where the server lives, listens, and under which URL viewers reach it."""

    data: Path
    listen: Address
    url: str
    tls: Tls | None = None

    @property
    def addresses(self) -> list[Address]:
        """All that the router listens on."""
        return [self.listen, *([self.tls.plain] if self.tls and self.tls.plain else [])]


def default_data(environ: Mapping[str, str] = os.environ) -> Path:
    """The data folder of who says nothing."""
    if given := environ.get("PORTICO_DATA"):
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/portico")
    return Path.home() / ".local/share/portico"


def resolve(
    data: Path,
    listen: str | None,
    url: str | None,
    environ: Mapping[str, str] = os.environ,
    **told: str | None,
) -> Options:
    """The settings that the supervisor itself needs. It cannot afford `portico.settings`.

    `told`: others of them that the command line says.
    """
    data = data.resolve()
    file = settings_file(data / "portico.toml")

    def setting(name: str, given: str | None) -> str:
        return given or environ.get(f"PORTICO_{name.upper()}") or str(file.get(name) or "")

    address = Address.parse(setting("listen", listen) or DEFAULT_LISTEN)
    names = ("tls_cert", "tls_key", "redirect_from")
    tls = _tls(data, *(setting(name, told.get(name)) for name in names))
    public = setting("url", url).rstrip("/") or address.url("https" if tls else "http")
    return Options(data, address, public, tls)


def _tls(data: Path, certificate: str, key: str, plain: str) -> Tls | None:
    """Paths are taken from the data folder, if they are relative."""
    if not (certificate or key):
        return None
    if not (certificate and key):
        raise PorticoError(
            "TLS needs a certificate and its key.",
            f"The {'key' if certificate else 'certificate'} is missing.",
            "Name both files: --tls-cert FILE --tls-key FILE.",
        )
    return Tls(data / certificate, data / key, Address.parse(plain) if plain else None)


def settings_file(path: Path) -> dict[str, object]:
    """What portico.toml says, nothing when there is none."""
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise PorticoError(
            "The settings file cannot be read.",
            f"{path}: {error}.",
            "Correct the file, or move it away to go on with the defaults.",
        ) from error
