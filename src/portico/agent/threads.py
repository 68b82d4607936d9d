"""The threads for work beside the event loop."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor


def ready_threads() -> ThreadPoolExecutor:
    """All of them from the start: when the machine has no pids left, what ends must still be seen to.

    Raises RuntimeError when it has none now.
    """
    count = (os.cpu_count() or 1) + 4
    pool = ThreadPoolExecutor(count, thread_name_prefix="agent")
    all_there = threading.Barrier(count + 1)
    for _ in range(count):
        pool.submit(all_there.wait)
    all_there.wait()
    return pool
