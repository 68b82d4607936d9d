"""Build steps: one sandbox each, which ends with the agent."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

from portico.engines.engine import Box, BoxEnd, BoxUser, LineSink
from portico.engines.lines import LineSplitter
from portico.engines.local.folders import give_file, own_folder, read_result, remove
from portico.engines.local.host import operator_mounts
from portico.engines.local.launch import closing, end_tree, launch_sandbox
from portico.engines.local.machine import Machine
from portico.engines.local.mounts import box_mounts
from portico.engines.local.spawn import Child, Streams, text_file
from portico.engines.local.streams import chunks
from portico.engines.local.texts import Texts, texts
from portico.engines.sandbox import Network, Sandbox
from portico.mirrors import Mirrors

NICENESS = 10
BASE_VARIABLES = {
    "PATH": "/portico/bin:/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 - the sandbox's own
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
}
ENTRY = (
    "import sys; sys.path.insert(0, '/portico'); "
    "from portico.builder.__main__ import main; sys.exit(main())"
)


async def run_box(machine: Machine, box: Box, log: LineSink) -> BoxEnd:
    """Run a step to its end; its folder for the answer is gone afterwards."""
    user = user_of(machine, box)
    handle = f"{box.app_id}-{box.step}-{secrets.token_hex(6)}"
    layer = own_folder(machine.layers(box.app_id) / handle, None)
    try:
        out = own_folder(layer / "out", user, 0o700)
        make_folders(machine, box)
        code, timed_out = await _run(machine, box, handle, out, log)
        return BoxEnd(code, read_result(out), timed_out)
    finally:
        await asyncio.shield(asyncio.to_thread(remove, layer))


def user_of(machine: Machine, box: Box) -> int | None:
    by_app = box.user is BoxUser.APP
    return machine.users.app(box.app_id) if by_app else machine.users.build


def make_folders(machine: Machine, box: Box) -> None:
    """The slug, and the folders of packages, for those who write to them."""
    layout, users = machine.layout, machine.users
    own_folder(layout.slug(box.app_id, box.build), users.app(box.app_id))
    own_folder(layout.python, users.build)
    if box.own_python:
        own = own_folder(layout.app_python(box.app_id), users.app(box.app_id))
        # A mount point that the app's own code cannot have made a link of.
        own_folder(own / "pythons", users.app(box.app_id))
    if box.source is not None:
        give_file(box.source, user_of(machine, box))


async def _run(
    machine: Machine, box: Box, handle: str, out: Path, log: LineSink
) -> tuple[int | None, bool]:
    here, there = os.pipe()
    with closing(here):
        with closing(there):
            child = _launch(machine, box, handle, out, there)
        ended = asyncio.ensure_future(child.wait())
        try:
            async with asyncio.timeout(box.seconds):
                await _copy_lines(here, ended, log)
                return await asyncio.shield(ended), False
        except TimeoutError:
            return None, True
        finally:
            await asyncio.shield(_end(child, ended))


def _launch(machine: Machine, box: Box, handle: str, out: Path, output: int) -> Child:
    mirrors = machine.mirrors if box.network else Mirrors()
    certificates = machine.certificates() if box.network else None
    user = user_of(machine, box)
    stdin = text_file("order", box.order.encode())
    environment = {**BASE_VARIABLES, **mirrors.variables, **box.environment}
    opened = texts(user, box.app_name, environment, certificates=certificates)
    with closing(stdin), opened as files:
        sandbox = box_sandbox(machine, box, files, out, mirrors)
        if user is not None:  # or the step could not open /dev/stdout
            os.fchown(output, user, user)
        name = machine.marker(handle)
        return launch_sandbox(
            machine.host.launcher, name, sandbox, Streams(stdin, output, output), files
        )


def box_sandbox(machine: Machine, box: Box, files: Texts, out: Path, mirrors: Mirrors) -> Sandbox:
    step = box_mounts(machine.host, machine.layout, box, out)
    return Sandbox(
        mounts=(*machine.mounts(files), *operator_mounts(mirrors), *step),
        command=(*machine.host.interpreter, "-c", ENTRY, box.step),
        user=user_of(machine, box),
        hostname=box.app_name,
        network=Network.HOST if box.network else Network.NONE,
        niceness=NICENESS,
    )


async def _copy_lines(descriptor: int, ended: asyncio.Future[int], log: LineSink) -> None:
    lines = LineSplitter()
    async for piece in chunks(descriptor, ended):
        for line in lines.feed(piece):
            log(line)
    for line in lines.flush():
        log(line)


async def _end(child: Child, ended: asyncio.Future[int]) -> None:
    if not ended.done():
        await end_tree(child)
    await ended
    child.close()
