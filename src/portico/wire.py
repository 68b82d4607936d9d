"""The documents that web and agent exchange: the plan down, the report up.

Everything is validated strictly on both ends. The plan never names a uid, a path, a mount or a
device: those follow from ids (see `layout`). Nothing here assumes a pid, a local port or a path on
this machine, so that another engine can carry out the same plan.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from portico.errors import PorticoError

AppName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*[a-z0-9]$", max_length=40)]
ProcessType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,20}$")]
ProcessName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,20}\.[0-9]{1,4}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
EnvironmentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
VariableName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)
]
SessionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
Id = Annotated[int, Field(ge=1)]


class Document(BaseModel):
    """A frozen document that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PathMode(StrEnum):
    """How an app meets its prefix. See docs/authors/paths.md."""

    OWN = "own"
    MOUNT = "mount"
    STRIP = "strip"


class Problem(Document):
    """A `PorticoError` on the wire."""

    title: str
    detail: str = ""
    hint: str = ""

    @classmethod
    def of(cls, error: PorticoError) -> Problem:
        return cls(**error.as_dict())


# --- the plan: what should be -----------------------------------------------------------------


class Slug(Document):
    """What a build made: a read-only tree, and the environment and stack it runs on."""

    build: Id
    environment: EnvironmentHash | None = None
    shared: bool = Field(default=True, description="the environment lies in the shared cache")
    stack: str = Field(default="host", max_length=200, description="the stack's identity")
    layer: EnvironmentHash | None = Field(default=None, description="the app's system packages")
    python: str = Field(default="", max_length=40)
    variables: tuple[tuple[VariableName, str], ...] = Field(
        default=(), description="what the environment sets for processes; config vars win"
    )


class Liveness(Document):
    """How a running web process is checked, and from when on another takes its place."""

    path: str = Field(default="/", pattern=r"^/[!-~]{0,500}$", description="under the app's root")
    attempts: int = Field(default=3, ge=1, le=100, description="failures in a row")
    timeout: float = Field(default=5, ge=1, le=300, description="seconds for one answer")
    wait: float = Field(default=5, ge=1, le=3600, description="seconds between two checks")
    initial_delay: float = Field(default=0, ge=0, le=3600, description="seconds before the first")


class Release(Document):
    """Slug + config vars + process types + path mode. Never changes."""

    version: Id
    slug: Slug
    processes: dict[ProcessType, str] = Field(description="process type -> one line of shell")
    release_command: str | None = None
    postdeploy: str | None = Field(default=None, description="runs once after the switch")
    config: dict[VariableName, str] = Field(default_factory=dict)
    path_mode: PathMode | None = Field(default=None, description="None: probe at the first start")
    health_path: str | None = Field(
        default=None, description="under the app's root; None: the root"
    )
    liveness: Liveness | None = None
    commit: str | None = Field(default=None, max_length=64)


class Build(Document):
    """An order to make a slug out of a source."""

    id: Id
    source: Sha256
    config: dict[VariableName, str] = Field(default_factory=dict)
    path_mode: PathMode | None = Field(default=None, description="the author's setting, if any")
    use_cache: bool = True


class Deploy(Document):
    """The one deploy of an app that is under way: first a build, then the release it led to."""

    id: Id
    build: Build | None = None
    release: Release | None = Field(default=None, description="set once there is a slug")
    cancel: bool = False


class Route(Document):
    """Where an app is reached, and the limits of the router in front of it."""

    host: str = Field(default="*", max_length=253)
    prefix: str = Field(pattern=r"^(/[a-z0-9-]+)?$", description="'' for an app with its own host")
    public: bool = Field(default=False, description="open to everybody: without the gate")
    max_request_bytes: int = Field(default=1 << 30, ge=0, description="0: no limit")
    timeout: float = Field(default=300, gt=0, description="seconds until the answer begins")
    idle_timeout: float = Field(default=3600, ge=0, description="seconds without a byte; 0: none")


class SessionKind(StrEnum):
    LOGS = "logs"
    RUN = "run"
    EXEC = "exec"


class Session(Document):
    """A live thing that somebody waits for; the agent dials web for each (docs/architecture.md)."""

    id: SessionId
    kind: SessionKind
    # logs
    processes: tuple[str, ...] = Field(default=(), description="'web', 'web.1'; empty: all")
    deploy: Id | None = Field(default=None, description="this deploy's log instead of processes'")
    lines: int = Field(default=100, ge=0, le=100_000)
    follow: bool = False
    # run and exec
    command: tuple[str, ...] = ()
    process: ProcessName | None = None
    tty: bool = False
    rows: int = Field(default=24, ge=1, le=10_000)
    columns: int = Field(default=80, ge=1, le=10_000)
    term: str = Field(default="xterm-256color", max_length=40)


class ProcessLimits(Document):
    """What one process may use, together with all that it starts."""

    memory: int = Field(default=1 << 30, gt=0, description="bytes")
    cpus: float | None = Field(default=None, gt=0, description="cores at most; None: all")
    pids: int = Field(default=512, gt=0, description="processes and threads at once")
    files: int = Field(default=65_536, gt=0, description="open at once, in each process")


class LogDrain(Document):
    """Where an app's log is sent to; secrets may be in both."""

    id: Id
    address: str = Field(max_length=2000, description="as portico.log_drains.address reads it")
    headers: dict[str, str] = Field(default_factory=dict, description="sent along by HTTP")


class AppPlan(Document):
    """All that the agent has to know of one app."""

    id: Id
    name: AppName
    url: str = Field(description="public address of the app's root, with the closing slash")
    current: Release | None = Field(default=None, description="the release that should serve")
    generation: int = Field(
        default=1, description="counts `restart`: other processes, same release"
    )
    deploy: Deploy | None = None
    formation: dict[ProcessType, int] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    secret: dict[VariableName, bool] = Field(
        default_factory=dict, description="config vars whose author has said; others are judged"
    )
    limits: dict[ProcessType, ProcessLimits] = Field(
        default_factory=dict, description="of the types that do not have the usual ones"
    )
    usual_limits: ProcessLimits = ProcessLimits()
    log_drains: tuple[LogDrain, ...] = ()
    ready_seconds: float = Field(default=60, gt=0)
    drain_seconds: float = Field(default=30, ge=0)
    kept_builds: tuple[Id, ...] = Field(default=(), description="slugs that must stay on disk")
    sessions: tuple[Session, ...] = ()

    @property
    def prefix(self) -> str:
        """The path under which viewers reach the app, without the closing slash."""
        return self.routes[0].prefix if self.routes else f"/{self.name}"


class PublicKey(Document):
    """What identities are verified with: a point of the curve P-256, its parts in base64url."""

    kid: str = Field(pattern=r"^[0-9a-f]{16}$")
    x: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")
    y: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")

    def as_jwk(self) -> dict[str, str]:
        return {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", **self.model_dump()}


class PlanDelta(Document):
    """What changed since a version. `epoch` names the database: another one means start over."""

    epoch: str
    version: int
    complete: bool = Field(description="apps holds every app; others are to be removed")
    apps: dict[Id, AppPlan | None] = Field(default_factory=dict, description="None: removed")
    keys: tuple[PublicKey, ...] = Field(default=(), description="all that the gate goes by")
    examine: bool = Field(
        default=False, description="somebody wants to know how the machine is; said once"
    )


# --- the report: what is ----------------------------------------------------------------------


class ProcessState(StrEnum):
    """One running instance's life. Transitions: `agent/events.py`."""

    STARTING = "starting"
    RUNNING = "running"
    UNHEALTHY = "unhealthy"
    STOPPING = "stopping"
    BACKOFF = "backoff"
    CRASHED = "crashed"


class ProcessReport(Document):
    handle: str = Field(default="", max_length=200, description="the engine's name of it")
    name: ProcessName
    state: ProcessState
    release: Id
    since: float = Field(description="Unix time at which the state began")
    restarts: int = 0
    pid: int | None = Field(default=None, description="for people; other engines have none")
    address: str | None = None
    port: int | None = None
    last_exit: str | None = Field(default=None, description="how it ended last, in words")
    out_of_memory: bool = Field(default=False, description="it did so for its memory")


class DeployState(StrEnum):
    """A deploy's life; `control/models/deploy.py` has the transitions."""

    QUEUED = "queued"
    BUILDING = "building"
    BUILT = "built"
    RELEASING = "releasing"
    STARTING = "starting"
    LIVE = "live"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def final(self) -> bool:
        return self in (self.LIVE, self.FAILED, self.CANCELLED, self.SUPERSEDED)


class BuildResult(Document):
    """What a finished build says of its slug. Written by author-run code: trust no field."""

    slug: Slug
    processes: dict[ProcessType, str]
    release_command: str | None = None
    path_mode: PathMode | None = None
    health_path: str | None = None
    liveness: Liveness | None = None
    formation: dict[ProcessType, int] = Field(default_factory=dict)
    generated: tuple[VariableName, ...] = Field(
        default=(), description="app.json generator: secret"
    )
    defaults: dict[VariableName, str] = Field(default_factory=dict, description="app.json values")
    required: tuple[VariableName, ...] = ()
    postdeploy: str | None = None
    warnings: tuple[str, ...] = ()


class DeployReport(Document):
    id: Id
    state: Literal[
        DeployState.BUILDING,
        DeployState.BUILT,
        DeployState.RELEASING,
        DeployState.STARTING,
        DeployState.LIVE,
        DeployState.FAILED,
        DeployState.CANCELLED,
    ]
    built: BuildResult | None = None
    problem: Problem | None = None
    path_mode: PathMode | None = Field(default=None, description="found by probing")


class AppReport(Document):
    """Replaces what web knew of this app's processes."""

    id: Id
    serving: Id | None = Field(default=None, description="the release that gets requests")
    generation: int = 0
    processes: tuple[ProcessReport, ...] = ()
    deploy: DeployReport | None = None
    problem: Problem | None = Field(default=None, description="why a restart did not take")
    failed_generation: int | None = Field(default=None, description="the restart it speaks of")


class Capacity(Document):
    """What there is for apps where they run, and which of their limits are kept there."""

    memory: int = Field(description="bytes that all of them together may use")
    cpus: float
    enforced: frozenset[str] = Field(description="names of limits, see portico.limits")
    changeable: frozenset[str] = Field(description="of those: while a process runs")


class Report(Document):
    """Posted when something changed; when the agent starts, of every app, in portions."""

    known: tuple[int, ...] | None = Field(
        default=None, description="with the last of the first ones: no other app has processes"
    )
    capacity: Capacity | None = Field(default=None, description="likewise")
    apps: tuple[AppReport, ...] = ()
