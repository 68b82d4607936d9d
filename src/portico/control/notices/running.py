"""The part of web that sends notices, beside all requests."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, close_old_connections

from portico.control.bell import NOTICES, bell
from portico.control.notices import delivering
from portico.control.threads import in_database

AFTER_A_FAILURE = 30.0
LONGEST_SLEEP = 3600.0

log = logging.getLogger(__name__)
# One that nobody answers is not to hold up the rest.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="notices")


async def run() -> None:
    """Until it is cancelled."""
    with bell.listen(NOTICES) as listener:
        while True:
            await listener.heard(await _round())


async def _round() -> float:
    """Send what is due; how long there is nothing to do."""
    try:
        await in_database(delivering.prepare_due)
        taken = await in_database(delivering.take_due)
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(_threads, _deliver, one) for one in taken))
        rest = await in_database(delivering.seconds_to_next)
    except DatabaseError:
        log.exception("Notices could not be sent; they stay")
        return AFTER_A_FAILURE
    return LONGEST_SLEEP if rest is None else min(rest, LONGEST_SLEEP)


def _deliver(number: int) -> None:
    """What goes wrong with one is not to keep the others."""
    try:
        delivering.deliver(number)
    except Exception:
        log.exception("Delivery %s failed", number)
    finally:
        close_old_connections()
