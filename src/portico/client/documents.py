"""What the server answers. Unknown fields are ignored, so that a newer server can be spoken to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from portico.doctor.check import Check
from portico.errors import PorticoError


class Document(BaseModel):
    """A frozen answer. States are plain words: a newer server may know more of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class Server(Document):
    name: str = ""
    version: str
    api: str | int = ""


class Whoami(Document):
    user: str
    role: str = ""
    token: str = ""


class ExaminedPart(Document):
    """`looking`: the agent is at it; `problem`: why its last try has failed."""

    found_at: datetime | None = None
    looking: bool = False
    problem: dict[str, str] | None = None


class Machine(ExaminedPart):
    as_root: bool | None = None
    checks: list[Check] | None = None


class Disk(ExaminedPart):
    use: dict[str, Any] | None = None


class Examination(Document):
    """What the server's agent has found out: the doctor's words, what takes the disk, versions."""

    agent_here: bool
    machine: Machine
    disk: Disk
    versions: dict[str, str] = Field(default_factory=dict)

    @property
    def looking(self) -> bool:
        return self.machine.looking or self.disk.looking


class Token(Document):
    """`app`: the one that it is good for; None: all."""

    id: int
    name: str
    user: str = ""
    app: str | None = None
    read_only: bool = False
    metrics: bool = False
    created_at: datetime | None = None
    expires_at: datetime | None = None
    expired: bool = False
    last_used_at: datetime | None = None


class Person(Document):
    name: str
    role: str = ""
    groups: list[str] = Field(default_factory=list)
    email: str = ""


class PasswordLink(Document):
    url: str
    days: int = 0


class BegunLogin(Document):
    """`code` is for the person, `secret` for `take_token`; times are seconds."""

    secret: str
    code: str
    url: str
    expires_in: int = 600
    interval: float = 2


class TakenToken(Document):
    token: str | None = None


class Group(Document):
    name: str
    people: list[str] = Field(default_factory=list)


class NewToken(Token):
    token: str


class Settings(Document):
    """None stands for the server's default."""

    path_mode: str | None = None
    health_path: str | None = None
    timeout: float | None = None
    idle_timeout: float | None = None
    max_request_bytes: int | None = None
    ready_seconds: float | None = None
    drain_seconds: float | None = None


class Card(Document):
    """What the portal shows of an app."""

    title: str | None = None
    description: str | None = None
    tags: list[str] = Field(default_factory=list)
    rank: int | None = None
    listed: bool = False
    picture: str | None = None


class Problem(Document):
    title: str
    detail: str = ""
    hint: str = ""

    def as_error(self) -> PorticoError:
        return PorticoError(self.title, self.detail, self.hint)


class Requests(Document):
    """Answered in the last `minutes`; seconds until half and 95% of the answers had begun."""

    minutes: int
    answers: int = 0
    errors: int = 0
    median: float | None = None
    p95: float | None = None


class App(Document):
    """`problem`: why the last restart did not take."""

    name: str
    url: str
    git_url: str = ""
    state: str = ""
    release: int | None = None
    path_mode: str | None = None
    processes: dict[str, str] = Field(default_factory=dict)
    formation: dict[str, int] = Field(default_factory=dict)
    created_at: datetime | None = None
    problem: Problem | None = None
    settings: Settings = Settings()
    access: str = ""
    owner: str | None = None
    old_names: list[str] = Field(default_factory=list)
    card: Card = Card()
    requests: Requests | None = None


class Access(Document):
    """People by name, groups as `group:NAME`."""

    access: str
    owner: str | None = None
    co_owners: list[str] = Field(default_factory=list)
    viewers: list[str] = Field(default_factory=list)


class Deploy(Document):
    id: int
    app: str
    kind: str = ""
    state: str
    release: int | None = None
    commit: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float | None = None
    problem: Problem | None = None
    url: str = ""

    @property
    def final(self) -> bool:
        return self.state in ("live", "failed", "cancelled", "superseded")


class DeployLine(Document):
    time: datetime | None = None
    line: str


class Process(Document):
    name: str
    state: str
    pid: int | None = None
    address: str | None = None
    port: int | None = None
    release: int | None = None
    restarts: int = 0
    since: datetime | None = None
    last_exit: str | None = None
    command: str | None = None
    cpu: float | None = None
    memory: int | None = None
    memory_limit: int | None = None

    @property
    def type(self) -> str:
        return self.name.rpartition(".")[0]


class Limits(Document):
    """By process type and name; None: all that there is. `own`: what of them the author has said."""

    limits: dict[str, dict[str, int | float | None]]
    own: dict[str, dict[str, int | float | None]] = Field(default_factory=dict)
    not_enforced: list[str] = Field(default_factory=list)
    restarts: bool = False


class LogDrain(Document):
    """`address` is without its secrets, `headers` are names. A state of None: not known."""

    id: int
    address: str
    headers: list[str] = Field(default_factory=list)
    created_at: datetime | None = None
    state: str | None = None
    why: str = ""
    sent: int | None = None
    lost: int | None = None


class Webhook(Document):
    id: int
    url: str
    kinds: list[str] = Field(default_factory=list)
    last_at: datetime | None = None
    last_result: str = ""


class NewWebhook(Webhook):
    secret: str


class MailNotices(Document):
    """What of `every` kind the caller gets by mail, and where; `sent`: the server sends mail."""

    kinds: list[str]
    every: list[str] = Field(default_factory=list)
    address: str | None = None
    sent: bool = False


class Latency(Document):
    """Seconds until so many answers had begun."""

    median: list[float | None] = Field(default_factory=list)
    p95: list[float | None] = Field(default_factory=list)


class ProcessTypeFigures(Document):
    cpu: list[float | None] = Field(default_factory=list)
    memory: list[int | None] = Field(default_factory=list)
    memory_limit: int | None = None


class Figures(Document):
    """A value for each of `count` steps of `step` seconds; rates are a second's."""

    range: str
    start: datetime
    step: int
    count: int
    requests: list[float | None] = Field(default_factory=list)
    errors: list[float | None] = Field(default_factory=list)
    latency: Latency = Latency()
    processes: dict[str, ProcessTypeFigures] = Field(default_factory=dict)


class Release(Document):
    version: int
    state: str
    commit: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    description: str | None = None
    path_mode: str | None = None
    processes: dict[str, str] = Field(default_factory=dict)


class ConfigChange(Document):
    """`deploy` is None while nothing has been released that could be rolled out anew."""

    config: dict[str, str]
    deploy: Deploy | None = None


class LogLine(Document):
    time: datetime
    process: str
    line: str


class Session(Document):
    id: str
    path: str
