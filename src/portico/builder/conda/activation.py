"""What activating a conda environment sets: found out once, by running its scripts as the app.

Processes then start with the variables, and no shell of a package runs before each of them.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from portico.builder import log

SECONDS = 60.0
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
# The shell's own, and Portico's.
_OTHERS = {"_", "PWD", "OLDPWD", "SHLVL", "PORT", "HOME", "LANG", "CONDA_PREFIX"}
_SCRIPT = """
for script in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do
    [ ! -e "$script" ] || . "$script"
done
/usr/bin/env -0 >"$0"
"""


def activate(environment: Path, tree: Path, given: Mapping[str, str]) -> dict[str, str]:
    """`given` and what the environment's packages set beside it."""
    declared = {**_declared(environment), **given}
    before = {
        "PATH": f"{environment}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/app",
        "LANG": "C.UTF-8",
        "CONDA_PREFIX": str(environment),
        **declared,
    }
    after = _after_scripts(environment, tree, before)
    changed = {
        name: value
        for name, value in after.items()
        if before.get(name) != value and _NAME.fullmatch(name) and not _is_others(name)
    }
    return {"CONDA_PREFIX": str(environment), **declared, **changed}


def conda_python(environment: Path) -> str:
    """The full version of a conda environment's Python, '' in another environment."""
    for record in sorted((environment / "conda-meta").glob("python-[0-9]*.json")):
        document = _json(record)
        if document.get("name") == "python":
            return str(document.get("version", ""))[:40]
    return ""


def _after_scripts(environment: Path, tree: Path, before: Mapping[str, str]) -> dict[str, str]:
    if not any((environment / "etc/conda/activate.d").glob("*.sh")):
        return {}
    log.step("Running the activation scripts of the conda packages")
    shell = shutil.which("bash", path="/bin:/usr/bin") or "/bin/sh"
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "variables")
        done = _run([shell, "-c", _SCRIPT, str(found)], tree, before)
        if done is None or not found.is_file():
            log.warning(f"An activation script broke off: {done or 'it took too long'}")
            return {}
        pairs = (line.partition("=") for line in found.read_text(errors="replace").split("\0"))
        return {name: value for name, _, value in pairs if name}


def _run(command: list[str], tree: Path, variables: Mapping[str, str]) -> str | None:
    """What it wrote, None when it did not end in time."""
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    said = done.stdout.decode(errors="replace").strip()
    for line in said.splitlines():
        log.output(line)
    return said or "it wrote nothing"


def _declared(environment: Path) -> dict[str, str]:
    """Variables that packages only write down."""
    return {
        name: value
        for file in sorted((environment / "etc/conda/env_vars.d").glob("*.json"))
        for name, value in _json(file).items()
        if _NAME.fullmatch(name) and isinstance(value, str) and not _is_others(name)
    }


def _is_others(name: str) -> bool:
    return name in _OTHERS or name.startswith("PORTICO_")


def _json(file: Path) -> dict[str, object]:
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
