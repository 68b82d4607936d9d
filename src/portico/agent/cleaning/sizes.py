"""What files take on the disk, hard links counted once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


def sizes(paths: Sequence[Path]) -> list[int]:
    """Bytes on the disk of each tree, 0 for what is not there.

    What is linked from several counts at the first of them. `du` walks trees of any depth, follows
    no link and opens no file.
    """
    there = [path for path in paths if os.path.lexists(path)]
    if not there:
        return [0] * len(paths)
    done = subprocess.run(
        ("nice", "du", "--summarize", "--block-size=1", "--one-file-system", "--null",
         "--files0-from=-"),
        input=b"\0".join(os.fsencode(path) for path in there),
        capture_output=True,
        check=False,  # something may go away meanwhile
    )  # fmt: skip
    found = dict(_parsed(line) for line in done.stdout.split(b"\0") if line)
    return [found.get(os.fsencode(path), 0) for path in paths]


def _parsed(line: bytes) -> tuple[bytes, int]:
    size, _, path = line.partition(b"\t")
    return path, int(size)
