"""What the platform's own processes hold when nothing happens."""

from __future__ import annotations

import re
import time
from pathlib import Path

from benchmarks.results import Figure
from benchmarks.server import Server


def figures(server: Server) -> list[Figure]:
    """The proportional set size per process: shared pages are counted once."""
    time.sleep(3)
    pids = {
        p["name"]: int(p["pid"])
        for p in server.listing("server", "status", "--data", str(server.data))["processes"]
    }
    pids["supervisor"] = _parent(pids["web"])
    sizes = {name: pss(pid) for name, pid in pids.items()}
    rows = [Figure(f"memory of {name}, idle", size, "MB") for name, size in sorted(sizes.items())]
    return [*rows, Figure("memory of all four, idle", sum(sizes.values()), "MB", 250)]


def pss(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[0]) / 1000


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
