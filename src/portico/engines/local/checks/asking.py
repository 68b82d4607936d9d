"""A child in a sandbox that asks processes over HTTP: what they answer is an author's to choose."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from portico.engines.local.children.descriptors import closing
from portico.engines.local.children.spawn import Child, Streams
from portico.engines.local.machine import Machine
from portico.engines.local.sandboxes.launch import launch_sandbox
from portico.engines.local.sandboxes.texts import texts
from portico.engines.sandbox import Bind, Directory, Sandbox

FOLDER = "/portico"


def launch_asking(machine: Machine, program: Path, kind: str, orders: int, answers: int) -> Child:
    """`orders` and `answers` are its standard input and output, the caller's to close."""
    host, user, inside = machine.host, machine.users.build, f"{FOLDER}/{kind}.py"
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with closing(nowhere), texts(user, "localhost", {}) as files:
        mounts = (*host.python_mounts, Directory(FOLDER), Bind(str(program), inside))
        sandbox = Sandbox(
            mounts=(*machine.mounts(files), *mounts),
            command=(*host.interpreter, inside),
            user=user,
            hostname="localhost",
            directory="/",
        )
        name = machine.marker(f"{kind}-{secrets.token_hex(6)}")
        return launch_sandbox(
            host.launcher, name, sandbox, Streams(orders, answers, nowhere), files
        )
