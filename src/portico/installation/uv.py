"""Runs uv, which comes with Portico, to install versions of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from uv import find_uv_bin

from portico.errors import PorticoError


def uv(*words: str | Path, stdin: str = "") -> str:
    """What it prints. Raises PorticoError with what it complains of."""
    done = subprocess.run(
        (find_uv_bin(), *map(str, words)),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
    )
    if done.returncode == 0:
        return done.stdout
    raise PorticoError(
        "Portico could not be fetched or installed.",
        done.stderr.strip(),
        "Correct it, or say with --from where Portico is: a wheel, a checkout, a folder of wheels, "
        "the address of an index. uv's own variables, such as UV_OFFLINE, count too.",
    )
