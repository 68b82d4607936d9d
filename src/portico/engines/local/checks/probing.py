"""Asking a starting process over HTTP, from a sandbox: what it answers is an author's to choose."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from portico.engines.engine import Answers, Endpoint, Probe
from portico.engines.local.checks.asking import launch_asking
from portico.engines.local.children.descriptors import closing, text_file
from portico.engines.local.children.ending import end
from portico.engines.local.children.spawn import Child
from portico.engines.local.children.streams import chunks
from portico.engines.local.machine import Machine

PROGRAM = Path(__file__).with_name("probe_program.py")
ANSWER_LIMIT = 1 << 16
# The program ends by itself in time; this is for a machine that is too slow for it.
SECONDS_OVER = 5.0


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    statuses: dict[str, int]
    error: str


async def ask(machine: Machine, endpoint: Endpoint, probe: Probe) -> Answers:
    """Until it answers or the time is up; cancel it to end it earlier."""
    here, there = os.pipe()
    with closing(here):
        with closing(there):
            child = _launch(machine, order(endpoint, probe), there)
        ended = asyncio.ensure_future(child.wait())
        try:
            async with asyncio.timeout(probe.seconds + SECONDS_OVER):
                return answers(await _read(here, ended))
        except TimeoutError:
            return Answers(error="the probe itself did not end in time.")
        finally:
            await asyncio.shield(end(child, ended))


def order(endpoint: Endpoint, probe: Probe) -> str:
    return json.dumps(
        {
            "address": endpoint.address,
            "port": endpoint.port,
            "host": probe.host,
            "paths": probe.paths,
            "headers": dict(probe.headers),
            "seconds": probe.seconds,
        }
    )


def answers(text: str) -> Answers:
    """The program's answer, as far as it is one."""
    try:
        answer = _Answer.model_validate_json(text)
    except ValidationError:
        return Answers(error="the probe gave no answer.")
    return Answers(answer.statuses, answer.error)


def _launch(machine: Machine, text: str, output: int) -> Child:
    stdin = text_file("order", text.encode())
    with closing(stdin):
        return launch_asking(machine, PROGRAM, "probe", stdin, output)


async def _read(descriptor: int, ended: asyncio.Future[int]) -> str:
    text = b""
    async for piece in chunks(descriptor, ended):
        text = (text + piece)[:ANSWER_LIMIT]
    return text.decode(errors="replace")
