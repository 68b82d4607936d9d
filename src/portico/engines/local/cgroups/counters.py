"""What the kernel counts of a group: processor time, memory, and what it was refused or ended for."""

from __future__ import annotations

from pathlib import Path

from portico.engines.local.cgroups.files import count, limit
from portico.engines.local.cgroups.trees import ACCOUNTING, Tree

MICROSECONDS, NANOSECONDS = 1e6, 1e9
PIECE = 64 * 4096  # bytes that the kernel takes at once from what is left


class Counters:
    """Read anew at each look; None or 0 where nothing counts it, or the group is gone."""

    def __init__(self, folders: tuple[tuple[Tree, Path], ...]) -> None:
        self._folders = folders

    @property
    def cpu_seconds(self) -> float | None:
        """Of processor time, since the group was made."""
        text = self._read(ACCOUNTING, 1, "cpuacct.usage")
        if text:
            return int(text) / NANOSECONDS
        text = self._read(None, 2, "cpu.stat")
        return count(text, "usage_usec") / MICROSECONDS if text else None

    @property
    def memory(self) -> int | None:
        """In use, without files that were read and can be dropped at any time."""
        files = {
            1: ("memory.usage_in_bytes", "total_inactive_file"),
            2: ("memory.current", "inactive_file"),
        }
        for version, (file, name) in files.items():
            if used := self._read("memory", version, file):
                dropped = count(self._read("memory", version, "memory.stat"), name)
                return max(int(used) - dropped, 0)
        return None

    @property
    def processes(self) -> int | None:
        """And threads, that there are now."""
        text = self._read("pids", 1, "pids.current") or self._read("pids", 2, "pids.current")
        return int(text) if text else None

    @property
    def killed(self) -> int:
        """How many of its processes have been ended because memory was used up."""
        files = {1: "memory.oom_control", 2: "memory.events"}
        return max(count(self._read("memory", v, file), "oom_kill") for v, file in files.items())

    @property
    def refused(self) -> int:
        """How often it was refused one process more."""
        return max(count(self._read("pids", v, "pids.events"), "max") for v in (1, 2))

    @property
    def reached_its_memory(self) -> bool:
        """Whether it has ever been at its own limit, not only at that of the groups around it."""
        if peak := self._read("memory", 1, "memory.max_usage_in_bytes"):
            most = limit(self._read("memory", 1, "memory.limit_in_bytes"))
            return most is not None and int(peak) + PIECE >= most
        return count(self._read("memory", 2, "memory.events"), "oom") > 0

    def folder(self, controller: str | None, version: int) -> Path | None:
        """Of a controller; None: of any."""
        return next(
            (
                folder
                for tree, folder in self._folders
                if tree.version == version and (not controller or controller in tree.controllers)
            ),
            None,
        )

    def _read(self, controller: str | None, version: int, name: str) -> str:
        folder = self.folder(controller, version)
        try:
            return "" if folder is None else (folder / name).read_text()
        except OSError:
            return ""


NOBODY_COUNTS = Counters(())
