"""Runs the link scripts of conda packages: code of strangers, so only in the app's own sandbox.

They get what conda promises them, and no variable of the step, which has the app's config vars.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from portico.builder import log
from portico.builder.child import run_with
from portico.builder.conda.packages import Package
from portico.errors import PorticoError

MESSAGES = ".messages.txt"


def run_script(package: Package, environment: Path) -> None:
    """Raises PorticoError when it fails."""
    log.step(f"Running the link script of {package.name}")
    shell = shutil.which("bash", path="/bin:/usr/bin") or "/bin/sh"
    variables = {
        "PATH": f"{environment}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 - the sandbox's own
        "LANG": "C.UTF-8",
        "CONDA_PREFIX": str(environment),
        "PREFIX": str(environment),
        "PKG_NAME": package.name,
        "PKG_VERSION": package.version,
        "PKG_BUILDNUM": package.build_number,
    }
    ended = run_with(variables, [shell, str(environment / package.script)], environment)
    _tell(environment / MESSAGES)
    if ended.code:
        raise PorticoError(
            f"The link script of the conda package {package.name} failed.",
            f"It ended with code {ended.code}. Its last lines:\n{ended.tail}",
            "Take another version of the package, or do without it.",
        )


def _tell(messages: Path) -> None:
    """What scripts want people to read they write into a file."""
    if messages.is_file() and not messages.is_symlink():
        for line in messages.read_text(errors="replace").splitlines()[:50]:
            log.output(line)
        messages.unlink()
