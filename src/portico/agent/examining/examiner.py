"""When the agent examines the machine and the disk: a while after its start, and when it is asked to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Mapping
from typing import Protocol

import httpx
from pydantic import TypeAdapter, ValidationError

from portico.agent.pauses import pause_after_error
from portico.disk_use import Contents
from portico.errors import PorticoError
from portico.examination import Examination, Machine, Part
from portico.wire import Problem

log = logging.getLogger("portico.agent")

AFTER_START = 60.0  # seconds: apps come first
GRACE = 5.0  # seconds to leave nothing behind
# Walking through a large data folder may take long.
SECONDS = {Part.MACHINE: 120.0, Part.DISK: 3600.0}
RESULTS: Mapping[Part, TypeAdapter[Machine] | TypeAdapter[Contents]] = {
    Part.MACHINE: TypeAdapter(Machine),
    Part.DISK: TypeAdapter(Contents),
}


class Takes(Protocol):
    async def examination(self, found: Examination) -> None: ...


class Examiner:
    """`programs`: what prints each part as JSON. They run beside the agent, which has more urgent
    things to do, and as unimportant as can be."""

    def __init__(self, web: Takes, programs: Mapping[Part, tuple[str, ...]]) -> None:
        self._web = web
        self._programs = programs
        self._wanted = asyncio.Event()

    def ask(self) -> None:
        """Whoever asks while it is under way gets what that finds."""
        self._wanted.set()

    async def run(self) -> None:
        """For as long as the agent lives."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), AFTER_START)
        while True:
            for part in Part:
                await self._tell(Examination(**{part: await self._found(part)}))
            self._wanted.clear()
            await self._wanted.wait()

    async def _found(self, part: Part) -> Machine | Contents | Problem:
        try:
            return RESULTS[part].validate_json(await printed(self._programs[part], SECONDS[part]))
        except PorticoError as error:
            return Problem.of(error)
        except (OSError, RuntimeError, ValidationError) as error:  # no pids left, say
            return Problem.of(_not_examined(str(error)))

    async def _tell(self, found: Examination) -> None:
        """Until web has taken it."""
        while True:
            try:
                return await self._web.examination(found)
            except httpx.HTTPStatusError as error:
                if error.response.is_client_error:
                    return log.error("web refuses the examination: %s", error.response.text)
            except httpx.HTTPError as error:
                log.debug("examination not taken: %r", error)
            await pause_after_error()


def program(*words: str) -> tuple[str, ...]:
    """This agent's program with other arguments."""
    return ("nice", "-n", "19", sys.executable, "-I", "-m", "portico.agent", *words)


async def printed(argv: tuple[str, ...], seconds: float) -> bytes:
    """What a program prints. It ends with whoever waits for it."""
    child = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # No supervisor is to take it for a lost agent.
        env={name: value for name, value in os.environ.items() if name != "PORTICO_CHILD"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            out, said = await child.communicate()
    except TimeoutError:
        raise _not_examined(f"It took longer than {seconds:.0f} seconds.") from None
    finally:
        await _end(child)
    if child.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise _not_examined(last or f"Exit code {child.returncode}.")
    return out


async def _end(child: asyncio.subprocess.Process) -> None:
    """With all that it has started; first in a way in which it can tidy up."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), GRACE)


def _not_examined(found: str) -> PorticoError:
    return PorticoError(
        "The machine could not be examined.",
        found,
        "Type `portico server doctor` and `portico server disk` on the server, which look at the same.",
    )
