"""The CLI with a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.waiting import until


class Terminal:
    """A running CLI, its terminal held at the other end."""

    def __init__(self, *words: str) -> None:
        self.master, slave = pty.openpty()
        self.resize(30, 100)
        self.before = termios.tcgetattr(self.master)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portico.cli", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm"},
        )
        self.slave = slave

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def await_question(self) -> None:
        """Until it sleeps, waiting for keys: `input` does not hear a Ctrl-C the moment before."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        until(lambda: stat.read_text().rpartition(") ")[2].startswith("S"))

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def expect(self, wanted: bytes) -> bytes:
        """Read until this has come; all that was read."""
        found, deadline = b"", time.monotonic() + 30
        while wanted not in found:
            ready, _, _ = select.select([self.master], [], [], deadline - time.monotonic())
            assert ready, f"{wanted!r} did not come, but {found!r}"
            found += os.read(self.master, 4096)
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)
