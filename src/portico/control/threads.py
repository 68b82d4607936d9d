"""Database calls from coroutines: a few threads of our own, so none waits for Django's requests."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="database")


async def in_database(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `call` in a thread that may use the database."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, functools.partial(_connected, call, *args, **kwargs))


def _connected(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return call(*args, **kwargs)
    finally:
        close_old_connections()
