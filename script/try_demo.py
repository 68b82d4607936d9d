"""Runs script/demo as somebody at a terminal does: until the app answers, then Ctrl-C.

Standard library only, for a machine that has nothing. Fails unless nothing of it is left.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

URL = re.compile(r"Look at (http://\S+/my-django-app/) ")
END_SECONDS = 60


def main() -> int:
    before = traces()
    demo, terminal = start(Path(__file__).with_name("demo"))
    try:
        output = lines(terminal)
        url = await_url(output)
        with urllib.request.urlopen(url, timeout=END_SECONDS) as answer:  # noqa: S310 - the demo's
            print(f"{url} answers {answer.status}. Ctrl-C.", flush=True)
        os.write(terminal, b"\x03")
        for line in output:
            print(line, end="", flush=True)
        code = demo.wait(END_SECONDS)
    finally:
        demo.kill()
    return report(code, await_only(before))


def start(program: Path) -> tuple[subprocess.Popen[bytes], int]:
    """On a terminal of its own, so that Ctrl-C reaches whom it would reach."""
    ours, theirs = pty.openpty()
    argv = ("setsid", "--ctty", "--wait", str(program))
    demo = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    return demo, ours


def await_url(output: Iterator[str]) -> str:
    for line in output:
        print(line, end="", flush=True)
        if found := URL.search(line):
            return found[1]
    raise SystemExit("The demo ended before it said where to look.")


def lines(terminal: int) -> Iterator[str]:
    with os.fdopen(os.dup(terminal), "rb") as output:
        try:
            for line in output:
                yield line.decode(errors="replace")
        except OSError:
            return  # how a terminal tells that nobody holds its other end any more


def traces() -> set[str]:
    """Processes of the demo, and what it may have left in the file system."""
    return set(processes()) | set(files())


def processes() -> Iterator[str]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        line = b" ".join(words).decode(errors="replace").strip()
        if line and folder.name != str(os.getpid()):
            yield f"process {folder.name}: {line}"


def files() -> Iterator[str]:
    for pattern in ("portico-*", "portico-*/*"):
        yield from map(str, Path(tempfile.gettempdir()).glob(pattern))
    yield from map(str, Path("/run/portico").glob("*"))
    for line in Path("/proc/self/mounts").read_text().splitlines():
        yield f"mount: {line.split()[1]}"


def await_only(before: set[str]) -> set[str]:
    """What is there beyond that, when it does not vanish at once."""
    deadline = time.monotonic() + END_SECONDS / 6
    while (left := traces() - before) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def report(code: int, left: set[str]) -> int:
    for trace in sorted(left):
        print(f"Left over: {trace}")
    print(f"The demo ended with exit code {code}.")
    return int(code != 0 or bool(left))


if __name__ == "__main__":
    signal.alarm(900)  # a demo that hangs is a failure
    sys.exit(main())
