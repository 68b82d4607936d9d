"""The contract of an engine: what runs processes, one-off commands and build steps.

`local` runs them in sandboxes on this machine, `kubernetes` will as Deployments and Jobs, `fake`
in memory. All pass tests/engines/contract.py. The agent alone calls an engine; an engine decides
nothing: restarts, readiness deadlines and drains are the agent's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from portico.engines.limits import UNLIMITED, Capacity, Limits, OutOfMemory, Usage
from portico.wire import Slug


@dataclass(frozen=True)
class Endpoint:
    """Where the router reaches a process."""

    address: str
    port: int


@dataclass(frozen=True)
class Base:
    """The file system that a process or a build step stands on.

    `stack` is an identity: `host` or one that begins with `host:` is the machine's own /usr, any
    other one that a step `stack` has made. `layer` names what an app's step `apt` has added to it.
    """

    stack: str = "host"
    layer: str | None = None

    @property
    def is_host(self) -> bool:
        return self.stack.partition(":")[0] == "host"


@dataclass(frozen=True)
class Launch:
    """An order to start one process. `environment` holds all its variables but PORT."""

    app_id: int
    app_name: str
    process: str  # web.1, or run.4711 for a one-off
    release: int
    generation: int
    slug: Slug
    command: str  # one line of shell
    environment: Mapping[str, str] = field(hash=False)
    listens: bool = False  # gets a PORT and an endpoint
    limits: Limits = UNLIMITED

    @property
    def base(self) -> Base:
        return Base(self.slug.stack, self.slug.layer)


@dataclass(frozen=True)
class Instance:
    """A process that was started. `handle` is opaque, unique and a safe file name."""

    handle: str
    app_id: int
    process: str
    release: int
    generation: int
    started_at: float  # Unix time
    endpoint: Endpoint | None = None
    pid: int | None = None
    ready: bool = False  # `mark_ready` was called, perhaps by an agent before this one
    limits: Limits = UNLIMITED  # those that it has now


@dataclass(frozen=True)
class Exit:
    """How a process ended: its exit code, 128 + signal, or None when nobody knows."""

    code: int | None
    out_of_memory: OutOfMemory | None = None


@dataclass(frozen=True)
class Probe:
    """What to ask of a starting process over HTTP until it answers."""

    host: str  # the Host header
    paths: tuple[str, ...]  # asked in this order once the first connection is accepted
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    seconds: float = 60


@dataclass(frozen=True)
class Answers:
    """The status codes by path that a process gave; empty when it never answered."""

    statuses: Mapping[str, int] = field(default_factory=dict, hash=False)
    error: str = ""  # the last reason for which there was none, in words


@dataclass(frozen=True)
class Check:
    """What to ask of a running process over HTTP again and again. An answer below 500 is good."""

    host: str  # the Host header
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    wait: float = 5  # seconds between two
    timeout: float = 5  # seconds for one answer
    attempts: int = 3  # failures in a row
    initial_delay: float = 0


class BoxUser(StrEnum):
    """As whom a build step runs.

    As the app (its code may run), as the shared builder (never), or as the root of a user namespace
    of its own, where packages of the distribution are installed: nobody's user outside of it.
    """

    APP = "app"
    BUILD = "build"
    PACKAGES = "packages"


@dataclass(frozen=True)
class CondaFolders:
    """What of the shared packages a step for a conda environment sees, instead of all of them.

    `channels` names the archives from a set of channels. They are writable until `environment` names
    the one that is made of them: then that environment alone is, and nothing else of anybody's.
    """

    channels: str
    environment: str | None = None


@dataclass(frozen=True)
class Box:
    """A build step's sandbox. Runs `python -m portico.builder <step>`, `order` on stdin.

    Inside: /app the slug's tree, writable; /source the archive, if any; /py the cache and
    environments: the app's own for APP when `own_python`, else the shared ones, read-only unless
    user is BUILD; /out an empty writable folder whose result.json is the step's answer. The slug,
    config vars and secrets of other apps are never there.

    `base` is what it all lies in. A step for PACKAGES fills what `makes` names: with the host as its
    base a stack, empty at /stack; else a layer of the app's, by writing to any place. Both count
    only once the agent has renamed them; the app is not shown to it. `operators` are files and
    folders of the operator's, at /run/portico/operator/<name>.
    """

    app_id: int
    app_name: str
    build: int
    step: str
    order: str
    user: BoxUser = BoxUser.APP
    own_python: bool = False
    network: bool = False
    conda: CondaFolders | None = None
    libraries: tuple[str, ...] = ()  # of the server's own Python, which the step imports
    source: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    seconds: float = 1800
    limits: Limits = UNLIMITED
    base: Base = Base()
    makes: str = ""
    operators: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True)
class BoxEnd:
    """How a build step ended; `result` is the untrusted text of /out/result.json, '' if none.

    `out_of_memory`: it was ended for that. `out_of_processes`: it was refused some, and may have
    done without them. An engine that cannot tell says neither.
    """

    code: int | None
    result: str
    timed_out: bool = False
    out_of_memory: bool = False
    out_of_processes: bool = False


class Output(StrEnum):
    STDOUT = "stdout"
    STDERR = "stderr"


@dataclass(frozen=True)
class Terminal:
    """The size and kind of the terminal that a one-off command or an exec is given."""

    rows: int = 24
    columns: int = 80
    term: str = "xterm-256color"


class Attached(Protocol):
    """A running command whose streams somebody holds. Ended by `kill`, or when it ends itself."""

    async def read(self) -> tuple[Output, bytes] | None:
        """The next piece of output, None after the last."""

    async def write(self, data: bytes) -> None:
        """Stdin; empty data closes it."""

    def resize(self, rows: int, columns: int) -> None: ...

    async def wait(self) -> Exit: ...

    async def kill(self) -> None: ...


class LineSink(Protocol):
    """Takes whole lines of output as they come, without their line ends."""

    def __call__(self, line: str) -> None: ...


class Engine(Protocol):
    """States of a process here: started -> (ready) -> ended. `started` ones survive the agent."""

    @property
    def capacity(self) -> Capacity: ...

    async def adopt(self) -> list[Instance]:
        """What runs from before. Ends and removes what cannot be taken over, one-offs included."""

    async def start(self, launch: Launch) -> Instance:
        """Start a process; its output goes to the app's log from the first byte.

        Raises PorticoError when it cannot be started at all.
        """

    async def wait(self, handle: str) -> Exit:
        """Return when the process has ended and nothing of it is left. Idempotent."""

    async def probe(self, handle: str, probe: Probe) -> Answers:
        """Ask until it answers on its endpoint, ends, or the time is up."""

    async def failing(self, handle: str, check: Check) -> str:
        """Why it has failed that check so many times in a row, once it has; '' once it has ended.

        Cancel to check it no more.
        """

    async def mark_ready(self, handle: str) -> None:
        """Remember with the process that it has been ready."""

    async def limit(self, handle: str, limits: Limits) -> None:
        """Limit a running process otherwise, as far as `Limits.changeable` goes.

        Raises PorticoError when it uses more than that already.
        """

    async def usage(self) -> Mapping[str, Usage]:
        """What each running process uses, by handle."""

    async def stop(self, handle: str, grace: float) -> None:
        """SIGTERM to the command, after `grace` seconds the end of all of it. Idempotent."""

    async def connections(self, handle: str) -> int:
        """Established connections to its endpoint."""

    async def listening(self, handle: str) -> tuple[int, ...]:
        """The TCP ports that its processes listen on, to explain a process that never answers."""

    async def run(self, launch: Launch, terminal: Terminal | None) -> Attached:
        """A one-off process in the app's sandbox; ends with the agent."""

    async def execute(
        self, handle: str, command: tuple[str, ...], terminal: Terminal | None
    ) -> Attached:
        """A command inside a running process's sandbox; ends with the agent."""

    async def box(self, box: Box, log: LineSink) -> BoxEnd:
        """Run a build step to its end; killed as a whole tree when its time is up or on cancel."""

    async def log_sender(self, app_id: int) -> Attached:
        """The program that sends an app's log to its drains (`portico.log_drains`), in a sandbox of
        its own as the app's user; ends with the agent, or some seconds after its stdin.

        Raises PorticoError when it cannot be started.
        """

    async def remove_app(self, app_id: int) -> None:
        """Remove what the engine keeps of an app: slugs, data, logs, environments of its own."""
