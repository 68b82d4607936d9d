"""The operator's repository of Debian packages, as the steps that install some are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from portico.builder.apt.sources import DEBIAN, KEYRING
from portico.builder.order import Debian
from portico.mirrors import folder
from portico.settings import Settings

INSIDE = "/run/portico/operator"


@dataclass(frozen=True)
class Operators:
    """Where packages come from, and the operator's files and folders that a step is shown."""

    debian: Debian
    shown: tuple[tuple[str, Path], ...] = ()


def operators(settings: Settings) -> Operators:
    """Debian itself unless the operator has something in its place."""
    if not settings.apt_repository:
        return Operators(Debian(DEBIAN, KEYRING))
    shown: list[tuple[str, Path]] = []
    url, key = settings.apt_repository.rstrip("/"), KEYRING
    if path := folder(url):
        # Mirrors have the security updates beside the rest, as Debian does.
        shown += [(f"apt{beside}", Path(f"{path}{beside}")) for beside in ("", "-security")]
        url = f"copy:{INSIDE}/apt"
    if settings.apt_key:
        name = f"apt-key{Path(settings.apt_key).suffix}"
        shown.append((name, Path(settings.apt_key)))
        key = f"{INSIDE}/{name}"
    return Operators(Debian(url, key, replaced=True), tuple(shown))
