"""Whether a step has before it what its key was made of."""

from __future__ import annotations

from pathlib import Path

from portico.builder import reading
from portico.builder.cache_keys import EnvironmentKey
from portico.errors import PorticoError


class Unshareable(Exception):  # noqa: N818 - a way to go on, not a failure
    """Why only the app itself may have the environment of a key."""


def check_files(tree: Path, key: EnvironmentKey) -> None:
    """Raises PorticoError when a file of the app has changed under the build's hands."""
    changed = [name for name, digest in key.files if reading.sha256(tree, name) != digest]
    if changed:
        raise stopped(f"{changed[0]} is not the file that was read before.")


def stopped(found: str) -> PorticoError:
    return PorticoError("The build was stopped.", found, "Deploy again.")
