"""Pictures that authors upload: decoded and written anew, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from portico.errors import PorticoError

LARGEST = 2 << 20
SECONDS = 60
PROGRAM = Path(__file__).with_name("decoding.py")

_at_once = threading.BoundedSemaphore(2)  # each may take much memory


def remade(content: bytes) -> bytes:
    """The picture as a WebP file of our own making, or a PorticoError."""
    if len(content) > LARGEST:
        raise _unfit(f"It has {len(content):,} bytes.")
    if not content:
        raise _unfit("It is empty.")
    with _at_once:
        done = _decoded(content)
    if done.returncode == 1:
        raise _unfit(done.stdout.decode())
    if done.returncode:
        raise _unfit("What decodes pictures gave up on it.")
    return done.stdout


def _decoded(content: bytes) -> subprocess.CompletedProcess[bytes]:
    command = (sys.executable, "-I", str(PROGRAM))
    try:
        return subprocess.run(command, input=content, capture_output=True, env={}, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise _unfit("Decoding it took longer than a picture should.") from None


def _unfit(found: str) -> PorticoError:
    return PorticoError(
        "The picture was not taken.",
        found,
        "Choose a PNG, JPEG or WebP file of at most 2 MiB and 40 million pixels; twice as wide as "
        "high looks best.",
        status=422,
    )
