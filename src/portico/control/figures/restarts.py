"""How often processes were started again since web started. What is reported begins anew with each
release and each agent; here it only grows."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from portico.wire import ProcessReport


class Restarts:
    """Read and written by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[int] = Counter()

    def of_app(self, app_id: int) -> int:
        return self._counts[app_id]

    def add(self, app_id: int, count: int) -> None:
        with self._lock:
            self._counts[app_id] += count


def restarts_between(before: Sequence[ProcessReport], now: Sequence[ProcessReport]) -> int:
    """Of an app's processes, from two reports of it. Pure."""
    known, told = _by_name(before), _by_name(now)
    return sum(max(count - known.get(name, 0), 0) for name, count in told.items())


def _by_name(reports: Sequence[ProcessReport]) -> dict[str, int]:
    """Of two generations side by side, the one that has died more often."""
    found: dict[str, int] = {}
    for one in reports:
        found[one.name] = max(found.get(one.name, 0), one.restarts)
    return found


restarts = Restarts()
