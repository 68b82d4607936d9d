"""Asking a starting process over HTTP, from a sandbox: what it answers is an author's to choose."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from portico.engines.engine import Answers, Endpoint, Probe
from portico.engines.local.launch import closing, end, launch_sandbox
from portico.engines.local.machine import Machine
from portico.engines.local.spawn import Child, Streams, text_file
from portico.engines.local.streams import chunks
from portico.engines.local.texts import texts
from portico.engines.sandbox import Bind, Directory, Sandbox

PROGRAM = Path(__file__).with_name("probe_program.py")
INSIDE = "/portico/probe.py"
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
    host, user = machine.host, machine.users.build
    stdin, nowhere = text_file("order", text.encode()), os.open(os.devnull, os.O_WRONLY)
    with closing(stdin, nowhere), texts(user, "localhost", {}) as files:
        program = (*host.python_mounts, Directory("/portico"), Bind(str(PROGRAM), INSIDE))
        sandbox = Sandbox(
            mounts=(*machine.mounts(files), *program),
            command=(*host.interpreter, INSIDE),
            user=user,
            hostname="localhost",
            directory="/",
        )
        name = machine.marker(f"probe-{secrets.token_hex(6)}")
        return launch_sandbox(host.launcher, name, sandbox, Streams(stdin, output, nowhere), files)


async def _read(descriptor: int, ended: asyncio.Future[int]) -> str:
    text = b""
    async for piece in chunks(descriptor, ended):
        text = (text + piece)[:ANSWER_LIMIT]
    return text.decode(errors="replace")
