"""What a supervisor becomes when it restarts: where versions lie side by side, the current one."""

from __future__ import annotations

from pathlib import Path


def successor(python: str) -> str:
    """<prefix>/versions/0.1.0/bin/python goes on as the one that <prefix>/current leads to."""
    interpreter = Path(python)
    environment = interpreter.parent.parent
    current = environment.parent.parent / "current"
    if environment.parent.name != "versions" or not current.is_symlink():
        return python
    return str(current.parent / current.readlink() / "bin" / interpreter.name)
