"""The commands of docs/operators/offline.md, to be run as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from uv import find_uv_bin

PAGE = Path(__file__).parents[2] / "docs/operators/offline.md"
MIRROR = "/srv/mirror"
# What the operator's machine has under these names.
PROGRAMS = {
    "pip": (find_uv_bin(), "tool", "run", "--quiet", "--python", "/usr/bin/python3", "pip"),
    "python": (sys.executable,),
}


def type_from_page(beginning: str, mirror: Path, folder: Path) -> str:
    """Type the one command on the page that begins so, in a folder, with the mirror elsewhere."""
    commands = re.findall(r"^    \$ (.*)$|`([^`\n]+)`", PAGE.read_text(), re.MULTILINE)
    (line,) = (line for pair in commands for line in pair if line.startswith(beginning))
    program, *words = shlex.split(line.replace(MIRROR, str(mirror)))
    command = (*PROGRAMS[program], *words)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def settings_on_page() -> dict[str, Any]:
    (block,) = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return tomllib.loads(block)
