"""Where a server keeps its files, and which numeric users own them.

Standard library only: the supervisor stands on it. Everything follows from the data folder; what
must not survive a reboot (sockets, pids, the last plan) lies in the runtime folder, a tmpfs where
the machine has one.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

# 0x70000000: above every range that distributions, subuid tools and systemd hand out, so no
# account has to be made and none can collide. See docs/decisions/0003-numeric-users.md.
DEFAULT_UID_BASE = 0x7000_0000
WEB, ROUTER, BUILD, FIRST_APP = 1, 2, 3, 1000
STACK, STACK_IDS = 0x0100_0000, 0x1_0000
# With fewer subordinate ids than that an ordinary user's apps are not told apart.
LEAST_IDS, LEAST_STACK_IDS = 4096, 1001
SUBORDINATE_IDS = "PORTICO_SUBORDINATE_IDS"


@dataclass(frozen=True)
class Users:
    """Numeric users, uid and gid alike. As an ordinary user everything belongs to that user.

    With `subordinate` ids, those of an ordinary user's, this process is in a user namespace where
    that user is 0 and they follow. Web and the router are outside of it and remain that user.
    """

    base: int | None
    subordinate: int | None = None

    @property
    def is_root(self) -> bool:
        """Whether this is the machine's root, not that of a namespace."""
        return self.base is not None and self.subordinate is None

    def of(self, offset: int) -> int | None:
        """The uid at that offset, None when this server cannot change users."""
        return None if self.base is None else self.base + offset

    @property
    def web(self) -> int | None:
        return self.of(WEB) if self.is_root else None

    @property
    def router(self) -> int | None:
        return self.of(ROUTER) if self.is_root else None

    @property
    def build(self) -> int | None:
        return self.of(BUILD)

    @property
    def stack(self) -> tuple[int, int] | None:
        """The first and the number of those that stand for a stack's own users."""
        if self.subordinate is None:
            return None if self.base is None else (self.base + STACK, STACK_IDS)
        count = STACK_IDS if self.subordinate >= 2 * STACK_IDS else LEAST_STACK_IDS
        return self.subordinate - count + 1, count

    @property
    def apps_apart(self) -> int | None:
        """The last app with a user of its own; those after it share one. None: all have one."""
        if self.subordinate is None or self.stack is None:
            return None
        return self.stack[0] - 2 - FIRST_APP

    def app(self, app_id: int) -> int | None:
        last = self.apps_apart
        return self.of(FIRST_APP + (app_id if last is None else min(app_id, last + 1)))


def users() -> Users:
    """The users of a server started by this process's user."""
    if os.geteuid() != 0:
        return Users(None)
    if ids := os.environ.get(SUBORDINATE_IDS):
        return Users(0, int(ids))
    return Users(int(os.environ.get("PORTICO_UID_BASE", DEFAULT_UID_BASE)))


@dataclass(frozen=True)
class Layout:
    """Paths under a data folder. Names only; `prepare` in the supervisor makes them."""

    data: Path

    @property
    def web(self) -> Path:
        return self.data / "web"

    @property
    def database(self) -> Path:
        return self.web / "portico.sqlite3"

    @property
    def repositories(self) -> Path:
        return self.web / "git"

    @property
    def sources(self) -> Path:
        return self.web / "sources"

    @property
    def router(self) -> Path:
        return self.data / "router"

    @property
    def apps(self) -> Path:
        """Per app: slugs/, data/, logs/, state.json."""
        return self.data / "apps"

    def app(self, app_id: int) -> Path:
        return self.apps / str(app_id)

    def slug(self, app_id: int, build: int) -> Path:
        return self.app(app_id) / "slugs" / str(build)

    def app_data(self, app_id: int) -> Path:
        return self.app(app_id) / "data"

    def logs(self, app_id: int) -> Path:
        return self.app(app_id) / "logs"

    @property
    def python(self) -> Path:
        """The shared cache, environments and interpreters; mounted at /py in builds."""
        return self.data / "python"

    def conda(self, channels: str) -> Path:
        """Archives of conda packages from those channels, named by a digest of their addresses."""
        return self.python / "conda" / channels

    def app_python(self, app_id: int) -> Path:
        """The same for environments that an app's own code took part in."""
        return self.app(app_id) / "python"

    @property
    def stacks(self) -> Path:
        """The root file systems that apps with system packages stand on."""
        return self.data / "stacks"

    def stack(self, identity: str) -> Path:
        return self.stacks / identity.replace(":", "+")

    def apt_layers(self, app_id: int) -> Path:
        """What an app's system packages add to their stack, by key."""
        return self.app(app_id) / "apt"

    @property
    def platform_logs(self) -> Path:
        return self.data / "logs"

    @property
    def runtime(self) -> Path:
        """The supervisor names it to its children: web, as another user, could not tell."""
        if named := os.environ.get("PORTICO_RUNTIME"):
            return Path(named)
        name = hashlib.sha256(str(self.data.resolve()).encode()).hexdigest()[:12]
        if users().is_root:
            return Path("/run/portico") / name
        folder = os.environ.get("XDG_RUNTIME_DIR") or f"/tmp/portico-{os.geteuid()}"  # noqa: S108 - owner and mode are checked by `prepare`
        return Path(folder) / f"portico-{name}"

    @property
    def web_socket(self) -> Path:
        """Where the router finds web."""
        return self.runtime / "web" / "web.sock"

    @property
    def agent_socket(self) -> Path:
        """Where the agent finds web; the router's user cannot reach it."""
        return self.runtime / "agent" / "agent.sock"

    @property
    def router_admin(self) -> Path:
        return self.runtime / "router" / "admin.sock"

    @property
    def processes(self) -> Path:
        """A folder per running process: record, output pipe, exit status."""
        return self.runtime / "processes"

    def log_drains(self, app_id: int) -> Path:
        """How far the drains of an app's log have come."""
        return self.runtime / "agent" / "log-drains" / f"{app_id}.json"

    @property
    def last_plan(self) -> Path:
        return self.runtime / "agent" / "plan"

    @property
    def supervisor_state(self) -> Path:
        return self.runtime / "supervisor.json"

    @property
    def notice(self) -> Path:
        """What the agent has to say to whoever starts the server."""
        return self.runtime / "agent" / "notice"

    @property
    def first_link(self) -> Path:
        """What web has to say to whoever starts a server that nobody administers yet."""
        return self.web / "first-link"

    @property
    def changed_sysctls(self) -> Path:
        """The machine's settings that the agent has changed, as they were before."""
        return self.data / "changed-sysctls.json"

    @property
    def lock(self) -> Path:
        return self.data / "server.lock"
