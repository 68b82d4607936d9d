"""Database calls from coroutines: a few threads of our own, so none waits for Django's requests."""

from __future__ import annotations

import asyncio
import contextvars
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
    context = contextvars.copy_context()  # so that it is known from where this was asked for
    work = functools.partial(_connected, call, *args, **kwargs)
    return await loop.run_in_executor(_pool, context.run, work)


def _connected(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return call(*args, **kwargs)
    finally:
        close_old_connections()
