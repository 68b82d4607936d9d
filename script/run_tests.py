"""Runs pytest with these arguments; the few that fail are tried once more, one after the other.

Tests drive real processes, on machines that other work may keep busy: one in thousands misses a
deadline now and then, and a whole run would count for nothing. What passes the second time is named
at the end: it is a fault of the test or of the product, and to be mended. Many that fail are no
accident, and are not tried again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

FEW = 5
FAILED = 1  # pytest's: all was run, and something failed
ALONE = ("-n", "0", "--last-failed", "--last-failed-no-failures", "none")


def main(arguments: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="portico-tests-") as cache:
        code = pytest(cache, arguments)
        failed = failures(Path(cache))
        if code != FAILED or not 0 < len(failed) <= FEW:
            return code
        print(f"\n== Once more, alone: {len(failed)} that failed", flush=True)
        return report(pytest(cache, [*arguments, *ALONE]), failed)


def pytest(cache: str, arguments: Sequence[str]) -> int:
    command = (sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}", *arguments)
    return subprocess.run(command, check=False).returncode


def failures(cache: Path) -> list[str]:
    """The names of the tests that failed in the run which kept this cache."""
    kept = cache / "v/cache/lastfailed"
    return sorted(json.loads(kept.read_text())) if kept.exists() else []


def report(code: int, failed: Sequence[str]) -> int:
    if code == 0:
        print("Failed at first, passed alone; to be mended:", *failed, sep="\n  ", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
