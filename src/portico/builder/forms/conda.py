"""environment.yml. Recognised, so that the build can say what to do instead."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from portico.builder.uv import Uv
from portico.errors import PorticoError


def read(tree: Path) -> NoReturn:  # noqa: ARG001 - the contract of a form
    raise PorticoError(
        "Conda packages cannot be installed yet.",
        "The app has an environment.yml, and no requirements.txt or lock file that goes before it.",
        "Add a requirements.txt with the same packages from the Python Package Index.",
    )


def install(uv: Uv, tree: Path) -> NoReturn:  # noqa: ARG001 - the contract of a form
    read(tree)
