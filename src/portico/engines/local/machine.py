"""This server's part of the machine: its folders, its users, and what the machine offers."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from portico.engines.engine import Base, Launch
from portico.engines.limits import Limits
from portico.engines.local.cgroups.files import rlimits
from portico.engines.local.cgroups.server import ServerGroups
from portico.engines.local.disk.folders import give_back, own_folder, share_folder
from portico.engines.local.host.survey import Host
from portico.engines.local.host.trial import Layer
from portico.engines.local.mounts.apps import app_mounts, environment_folder
from portico.engines.local.mounts.host import etc_mounts, half, machine_mounts
from portico.engines.local.mounts.stacks import STACK_INTERPRETER, folders, stack_mounts
from portico.engines.local.process_table.marks import marker
from portico.engines.local.sandboxes.texts import Texts
from portico.engines.local.user_namespaces.standing import Standing, standing
from portico.engines.sandbox import Mount
from portico.errors import PorticoError
from portico.layout import Layout, Users
from portico.mirror_check import check, trusted
from portico.mirrors import Mirrors, mirrors
from portico.settings import Settings

HOST = Base()


@dataclass(frozen=True)
class Machine:
    layout: Layout
    users: Users
    host: Host
    settings: Settings
    groups: ServerGroups

    @property
    def server(self) -> str:
        """Names this server among others on the machine."""
        return self.layout.runtime.name

    @property
    def mirrors(self) -> Mirrors:
        """Where builds find what they install."""
        return mirrors(self.settings, os.environ)

    def certificates(self) -> bytes | None:
        """What builds trust, when the operator has added to the system's. Raises PorticoError."""
        check(self.settings)
        return trusted(self.settings, os.environ)

    def marker(self, handle: str) -> str:
        return marker(self.server, handle)

    def layers(self, app_id: int) -> Path:
        """The throw-away folders of an app's processes and builds, one per handle."""
        return self.layout.app(app_id) / "layers"

    def own_layer(self, app_id: int, handle: str) -> Path:
        """A folder of that handle alone. Those above it let the app's user pass, and nobody look:
        what lies in them is each closed to others by itself."""
        slugs = self.layout.slug(app_id, 1).parent
        for folder in (self.layout.app(app_id), self.layers(app_id), slugs):
            own_folder(folder, None, 0o711)
        return own_folder(self.layers(app_id) / handle, None, 0o711)

    def make_layer(self, app_id: int, handle: str) -> Path:
        """Where a process's writes to its /app go."""
        layer = self.own_layer(app_id, handle)
        if self.host.layer is Layer.DISK:
            own_folder(layer / "upper", self.users.app(app_id), 0o700)
            own_folder(layer / "work", self.users.app(app_id), 0o700)
        return layer

    def mounts(
        self, texts: Texts, scratch: int | None = None, app_id: int = 0, base: Base = HOST
    ) -> tuple[Mount, ...]:
        """What a sandbox stands on: the host's own system, or a stack under an app's layer."""
        if base.is_host:
            return machine_mounts(
                self.host, etc_mounts(resolver=texts.resolver is None), texts, scratch
            )
        return stack_mounts(folders(self.layout, app_id, base), texts, scratch)

    def standing(self, base: Base, user: int | None) -> AbstractContextManager[Standing]:
        """Where a process of that user lives."""
        return standing(self.users, self.host.interpreter, base, user)

    def interpreter(self, base: Base) -> tuple[str, ...]:
        """The Python that build steps run on."""
        return self.host.interpreter if base.is_host else STACK_INTERPRETER

    def app_mounts(self, launch: Launch, layer: Path, texts: Texts) -> tuple[Mount, ...]:
        app = app_mounts(self.host, self.layout, launch.app_id, launch.slug, layer, texts)
        scratch = half(launch.limits.memory)
        return (*self.mounts(texts, scratch, launch.app_id, launch.base), *app)

    def take_over(self, launch: Launch) -> None:
        """The app's files become its user's, if the server had other ids when they were made."""
        layout, owner = self.layout, self.users.app(launch.app_id)
        share_folder(layout.slug(launch.app_id, launch.slug.build), owner, self.users.build)
        own_folder(layout.app_data(launch.app_id), owner, 0o700)
        if self.packages(launch) is not None and not launch.slug.shared:
            own_folder(layout.app_python(launch.app_id), owner, 0o700)

    def give_back(self) -> None:
        """Everything becomes the server's user's, who can remove and copy it without the ids."""
        give_back(self.layout.data, self.layout.web)

    def packages(self, launch: Launch) -> Path | None:
        return environment_folder(self.layout, launch.app_id, launch.slug)

    def weaker(self, limits: Limits) -> dict[str, Any]:
        """What each process of a sandbox is told by itself: some limits are only made so, others
        where the machine lets us make no control groups."""
        told = rlimits(replace(limits, memory=None), self.groups.controllers)
        return {"rlimits": tuple(told.items()), "files": openable(limits.files)}

    def check(self, launch: Launch) -> None:
        """Refuse a start whose files are not there."""
        wanted = [self.layout.slug(launch.app_id, launch.slug.build)]
        packages = self.packages(launch)
        wanted += [packages] if packages else []
        if not launch.base.is_host:
            wanted += folders(self.layout, launch.app_id, launch.base)
        missing = next((folder for folder in wanted if not folder.is_dir()), None)
        if missing is not None:
            raise PorticoError(
                f"{launch.process} of {launch.app_name} cannot be started.",
                f"The files of release v{launch.release} are not on this server: "
                f"{missing} is missing.",
                "Deploy the app again, or roll back to a newer release.",
                status=409,
            )


def read_up_to(descriptor: int, count: int) -> str:
    """What stands in a pipe now."""
    os.set_blocking(descriptor, False)
    try:
        return os.read(descriptor, count).decode(errors="replace")
    except BlockingIOError:
        return ""


def openable(files: int | None) -> int | None:
    """No more than this server itself may open at once: nobody inside can raise that."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return files if files is None or most == resource.RLIM_INFINITY else min(files, most)


@contextmanager
def explaining(title: str) -> Iterator[None]:
    """What the machine refuses, a full disk above all, in the three parts of an error."""
    try:
        yield
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        raise PorticoError(
            title,
            f"The server said: {error.strerror or error}{place}.",
            "Ask the operator to look at the server's disk and limits, then try again.",
            status=500,
        ) from error
