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
class Options:
    """Where the server lives, listens, and under which URL viewers reach it."""

    data: Path
    listen: Address
    url: str


def default_data(environ: Mapping[str, str] = os.environ) -> Path:
    """The data folder of who says nothing."""
    if given := environ.get("PORTICO_DATA"):
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/portico")
    return Path.home() / ".local/share/portico"


def resolve(
    data: Path, listen: str | None, url: str | None, environ: Mapping[str, str] = os.environ
) -> Options:
    """The settings that the supervisor itself needs. It cannot afford `portico.settings`."""
    data = data.resolve()
    file = _settings_file(data / "portico.toml")
    address = Address.parse(
        listen or environ.get("PORTICO_LISTEN") or str(file.get("listen") or DEFAULT_LISTEN)
    )
    given = url or environ.get("PORTICO_URL") or str(file.get("url") or "")
    return Options(data, address, given.rstrip("/") or address.url)


def _settings_file(path: Path) -> dict[str, object]:
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
