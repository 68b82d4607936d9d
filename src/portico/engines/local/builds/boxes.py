"""Build steps: one sandbox each, which ends with the agent."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from portico.engines.engine import Box, BoxEnd, BoxUser, LineSink
from portico.engines.local.builds.conda import make_conda_folders
from portico.engines.local.builds.mounts import box_mounts
from portico.engines.local.builds.packages import (
    make_package_folders,
    package_capabilities,
    package_mounts,
    package_refusals,
    packages_user,
)
from portico.engines.local.cgroups.files import rlimits
from portico.engines.local.cgroups.group import Group
from portico.engines.local.cgroups.groups import grouped
from portico.engines.local.children.descriptors import closing, text_file
from portico.engines.local.children.ending import end
from portico.engines.local.children.spawn import Child, Streams
from portico.engines.local.children.streams import copy_lines
from portico.engines.local.disk.folders import (
    give_file,
    own_folder,
    read_result,
    remove,
    share_folder,
)
from portico.engines.local.disk.threads import to_the_end
from portico.engines.local.egress.build_proxy import network, operators_order
from portico.engines.local.egress.reach import without_proxy
from portico.engines.local.machine import Machine
from portico.engines.local.mounts.host import half, operator_mounts
from portico.engines.local.sandboxes.launch import launch_as_root, launch_sandbox
from portico.engines.local.sandboxes.texts import Texts, texts
from portico.engines.local.user_namespaces.standing import Standing, packages_standing
from portico.engines.sandbox import Mount, Network, Sandbox
from portico.engines.seccomp.policy import DENIED
from portico.mirrors import CERTIFICATES, Mirrors

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


@dataclass(frozen=True)
class Step:
    """One run of a box: what it is called, and what of the machine it is given."""

    machine: Machine
    box: Box
    handle: str
    out: Path
    group: Group
    mirrors: Mirrors = field(default_factory=Mirrors)
    proxy: Path | None = None  # socket of the way to the network
    no_proxy: Mapping[str, str] = field(default_factory=dict)

    @property
    def user(self) -> int | None:
        return user_of(self.machine, self.box)

    @property
    def variables(self) -> Mapping[str, str]:
        """What tells its tools of mirrors. Scripts of packages see none of it: there may be
        credentials of the operator's."""
        told = self.mirrors.variables
        if self.installs_packages:
            return {name: told[name] for name in told if told[name] == CERTIFICATES}
        return told

    @property
    def installs_packages(self) -> bool:
        return self.box.user is BoxUser.PACKAGES

    def standing(self) -> AbstractContextManager[Standing]:
        """In which user namespace, and as whom."""
        if self.installs_packages:
            return packages_standing(self.machine.users, self.machine.host.interpreter)
        return self.machine.standing(self.box.base, self.user)


async def run_box(machine: Machine, box: Box, log: LineSink) -> BoxEnd:
    """Run a step to its end; its folder for the answer is gone afterwards."""
    handle = f"{box.app_id}-{box.step}-{secrets.token_hex(6)}"
    layer = machine.own_layer(box.app_id, handle)
    try:
        out = own_folder(layer / "out", user_of(machine, box), 0o700)
        await to_the_end(make_folders, machine, box, layer)
        async with grouped(machine.groups.builds, handle, box.limits) as group:
            step = Step(machine, box, handle, out, group)
            code, timed_out = await (_with_network if box.network else _run)(step, log)
            over = (group.ran_out_of_memory, group.ran_out_of_processes)
        return BoxEnd(code, read_result(out), timed_out, *over)
    finally:
        await asyncio.shield(asyncio.to_thread(remove, layer))


async def _with_network(step: Step, log: LineSink) -> tuple[int | None, bool]:
    mirrors, folder = step.machine.mirrors, step.out.parent
    order = operators_order(mirrors)
    no_proxy = dict.fromkeys(("no_proxy", "NO_PROXY"), without_proxy(order))
    async with network(step.machine, order, folder, step.user, step.handle, log) as proxy:
        return await _run(replace(step, mirrors=mirrors, proxy=proxy, no_proxy=no_proxy), log)


def user_of(machine: Machine, box: Box) -> int | None:
    users = machine.users
    if box.user is BoxUser.PACKAGES:
        return packages_user(users)
    return users.app(box.app_id) if box.user is BoxUser.APP else users.build


def make_folders(machine: Machine, box: Box, layer: Path) -> None:
    """The slug, and the folders of packages, for those who write to them."""
    layout, users = machine.layout, machine.users
    if box.user is BoxUser.PACKAGES:
        return make_package_folders(layout, users, box, layer)
    # The shared builder reads it too, as its group.
    share_folder(layout.slug(box.app_id, box.build), users.app(box.app_id), users.build)
    own_folder(layout.python, users.build)
    if box.conda:
        make_conda_folders(machine.layout, machine.users.build, box.conda)
    if box.own_python:
        own = own_folder(layout.app_python(box.app_id), users.app(box.app_id), 0o700)
        # A mount point that the app's own code cannot have made a link of.
        own_folder(own / "pythons", users.app(box.app_id))
    if box.source is not None:
        give_file(box.source, user_of(machine, box))
    return None


async def _run(step: Step, log: LineSink) -> tuple[int | None, bool]:
    here, there = os.pipe()
    with closing(here):
        with closing(there):
            child = _launch(step, there)
        ended = asyncio.ensure_future(child.wait())
        try:
            stop = partial(child.held.signal, signal.SIGKILL)
            with step.group.watched(stop):
                async with asyncio.timeout(step.box.seconds):
                    await copy_lines(here, ended, log)
                    return await asyncio.shield(ended), False
        except TimeoutError:
            return None, True
        finally:
            await asyncio.shield(end(child, ended))


def _launch(step: Step, output: int) -> Child:
    machine, box, user = step.machine, step.box, step.user
    certificates = machine.certificates() if box.network else None
    stdin = text_file("order", box.order.encode())
    environment = {**BASE_VARIABLES, **step.variables, **box.environment, **step.no_proxy}
    with (
        closing(stdin),
        step.standing() as place,
        texts(place.user, box.app_name, environment, certificates=certificates) as files,
    ):
        if user is not None:  # or the step could not open /dev/stdout
            os.fchown(output, user, user)
        name, streams = machine.marker(step.handle), Streams(stdin, output, output)
        sandbox = box_sandbox(step, place, files)
        if step.installs_packages:
            programs = (machine.host.interpreter, machine.host.launcher)
            return launch_as_root(programs, name, sandbox, streams, files, step.group)
        return launch_sandbox(machine.host.launcher, name, sandbox, streams, files, step.group)


def box_sandbox(step: Step, place: Standing, files: Texts) -> Sandbox:
    """It has no network of its own: what it may reach, it reaches through the proxy."""
    machine, box = step.machine, step.box
    return Sandbox(
        mounts=_mounts(step, files),
        command=(*machine.interpreter(box.base), "-c", ENTRY, box.step),
        user=place.user,
        namespace=place.namespace,
        capabilities=package_capabilities(box) if step.installs_packages else (),
        refusals=package_refusals(box) if step.installs_packages else DENIED,
        changes_root=step.installs_packages and not box.base.is_host,
        directory="/" if step.installs_packages else "/app",
        hostname=box.app_name,
        network=Network.NONE,
        niceness=NICENESS,
        rlimits=tuple(rlimits(box.limits, machine.groups.controllers).items()),
    )


def _mounts(step: Step, files: Texts) -> tuple[Mount, ...]:
    machine, box, scratch = step.machine, step.box, half(step.box.limits.memory)
    if step.installs_packages:
        return package_mounts(machine, box, files, step.out, step.proxy)
    return (
        *machine.mounts(files, scratch, box.app_id, box.base),
        *operator_mounts(step.mirrors),
        *box_mounts(machine.host, machine.layout, box, step.out, step.proxy),
    )
