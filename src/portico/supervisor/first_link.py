"""Takes the line that web has left for whoever starts the server."""

from __future__ import annotations

import os
from pathlib import Path

LONGEST = 1000


def taken_line(file: Path) -> str:
    """Its printable line, '' without one; the file is gone then.

    The folder is web's, so what lies there may be anything: a link to a file of root's, too.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            line = os.read(descriptor, LONGEST).decode(errors="replace").strip()
        finally:
            os.close(descriptor)
        file.unlink()
    except OSError:
        return ""
    return line if line.isprintable() else ""
