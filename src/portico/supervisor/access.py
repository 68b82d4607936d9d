"""Whether web's and the router's users can reach the code and the data. Only root has to ask."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import portico
from portico.errors import PorticoError

PASS, READ = 0o001, 0o004


def code_paths() -> tuple[Path, ...]:
    """What a child has to read: the interpreter, its environment, this package."""
    return (
        Path(sys.executable),
        Path(sys.executable).resolve(),
        Path(sys.prefix),
        Path(portico.__file__).resolve().parent,
    )


def require_readable_code(paths: Iterable[Path]) -> None:
    """The users have no group of the host's: what counts is what everybody may."""
    for path in paths:
        if closed := first_closed(path, READ):
            raise PorticoError(
                "The server's users cannot read Portico's code.",
                f"{path} is below {closed}, which only its owner may enter."
                if closed != path
                else f"{path} may only be read by its owner.",
                "As root, web and the router run as users of their own. Install Portico where "
                "everybody may read it, such as /opt, or start the server as an ordinary user.",
            )


def require_reachable_data(data: Path) -> None:
    if closed := first_closed(data, PASS):
        raise PorticoError(
            "The server's users cannot reach the data folder.",
            f"{data}: only the owner may enter {closed}.",
            "As root, web and the router run as users of their own. Choose a data folder that "
            f"everybody may pass, such as /var/lib/portico, or type `chmod o+x {closed}`.",
        )


def first_closed(path: Path, wanted: int) -> Path | None:
    """The first folder on the way that is closed to others, or the path itself."""
    for parent in reversed(path.parents):
        if not os.stat(parent).st_mode & PASS:  # noqa: PTH116 - links on the way are followed
            return parent
    return path if not path.stat().st_mode & wanted else None
