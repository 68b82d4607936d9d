"""What the API answers and takes; docs/api.md in types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from portico import wire
from portico.control import instance
from portico.control.access.deciding import Role
from portico.control.figures import counts
from portico.control.figures.recent import MINUTES
from portico.control.figures.totals import totals
from portico.control.models import App, Deploy, Event, Process, Release
from portico.control.models.formation import formation_of
from portico.control.state import state_of
from portico.figures import ProcessFigures

ONE_LINE = r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$"
TEXT = r"^[^\x00]*$"
Tag = Annotated[str, StringConstraints(pattern=ONE_LINE, max_length=30, strip_whitespace=True)]


class Body(Schema):
    """What a client sends; keys that mean nothing are an error, not silence, and so is a word in
    place of a number. Fields of enums say that they take their words: `Field(strict=False)`."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ServerDocument(Schema):
    name: str
    version: str
    api: str


class WhoamiDocument(Schema):
    user: str
    role: Role
    token: str
    app: str | None
    read_only: bool
    metrics: bool
    expires_at: datetime | None


class SettingsDocument(Schema):
    path_mode: str | None
    health_path: str | None
    timeout: float | None
    idle_timeout: float | None
    max_request_bytes: int | None
    ready_seconds: float | None
    drain_seconds: float | None


class ProblemDocument(Schema):
    title: str
    detail: str
    hint: str


class RefusalDocument(ProblemDocument):
    """What is answered in place of what was asked for."""

    status: int


class CardDocument(Schema):
    """What the portal shows of an app."""

    title: str | None
    description: str | None
    tags: list[str]
    rank: int | None
    listed: bool
    picture: str | None

    @classmethod
    def of(cls, app: App) -> CardDocument:
        return cls(
            title=app.title,
            description=app.description,
            tags=app.tags or [],
            rank=app.rank,
            listed=bool(app.listed),
            picture=instance.picture_url(app.name, app.picture.digest)
            if hasattr(app, "picture")
            else None,
        )


class RequestsDocument(Schema):
    """What the app's processes have answered in the last `minutes`; seconds until half, and until
    nineteen of twenty answers had begun."""

    minutes: int
    answers: int
    errors: int
    median: float | None
    p95: float | None

    @classmethod
    def of(cls, app: App) -> RequestsDocument:
        requests = totals.recent.of_app(app.pk)
        return cls(
            minutes=MINUTES,
            answers=counts.total(requests),
            errors=counts.errors(requests),
            median=counts.quantile(requests.took, 0.5),
            p95=counts.quantile(requests.took, 0.95),
        )


class AppDocument(Schema):
    name: str
    url: str
    git_url: str
    state: str
    release: int | None
    path_mode: str | None
    processes: dict[str, str]
    formation: dict[str, int]
    created_at: datetime
    problem: ProblemDocument | None
    settings: SettingsDocument
    access: str
    owner: str | None
    old_names: list[str]
    card: CardDocument
    requests: RequestsDocument | None

    @classmethod
    def of(cls, app: App) -> AppDocument:
        current = app.current
        return cls(
            name=app.name,
            url=instance.app_url(app.name),
            git_url=instance.git_url(app.name),
            state=state_of(app),
            release=current.version if current else None,
            path_mode=current.path_mode if current else None,
            processes=current.processes if current else {},
            formation=formation_of(app) if current else app.formation,
            created_at=app.created_at,
            problem=ProblemDocument(**app.problem) if app.problem else None,
            settings=SettingsDocument(
                **{n: getattr(app, n) for n in SettingsDocument.model_fields}
            ),
            access=app.access,
            owner=app.owner.username if app.owner else None,
            old_names=[old.name for old in app.old_names.all()],
            card=CardDocument.of(app),
            requests=RequestsDocument.of(app),
        )

    @classmethod
    def for_viewers(cls, app: App) -> AppDocument:
        """What somebody sees who may open it and no more: what a link to it shows."""
        nothing: dict[str, Any] = dict.fromkeys(
            ("release", "path_mode", "problem", "owner", "requests")
        )
        return cls(
            name=app.name,
            url=instance.app_url(app.name),
            git_url="",
            state=state_of(app),
            processes={},
            formation={},
            created_at=app.created_at,
            settings=SettingsDocument(**dict.fromkeys(SettingsDocument.model_fields)),
            access=app.access,
            old_names=[],
            card=CardDocument.of(app),
            **nothing,
        )


class NewApp(Body):
    name: str


class AppChanges(Body):
    """Absent: as it is. Null: the default."""

    name: str | None = None
    owner: Annotated[str, StringConstraints(pattern=r"^[^\x00]+$", max_length=150)] | None = None
    path_mode: wire.PathMode | None = Field(default=None, strict=False)
    health_path: Annotated[str, StringConstraints(pattern=r"^/[!-~]{0,200}$")] | None = None
    timeout: float | None = Field(default=None, gt=0, le=86_400)
    idle_timeout: float | None = Field(default=None, ge=0, le=604_800)
    max_request_bytes: int | None = Field(default=None, ge=0, le=1 << 50)
    ready_seconds: float | None = Field(default=None, gt=0, le=3_600)
    drain_seconds: float | None = Field(default=None, ge=0, le=86_400)
    title: Annotated[str, StringConstraints(pattern=ONE_LINE, max_length=80)] | None = None
    description: Annotated[str, StringConstraints(pattern=TEXT, max_length=500)] | None = None
    tags: Annotated[list[Tag], Field(max_length=10)] | None = None
    rank: int | None = Field(default=None, ge=1, le=1_000_000)
    listed: bool | None = None


class DeployDocument(Schema):
    id: int
    app: str
    kind: str
    state: str
    release: int | None
    commit: str | None
    created_at: datetime
    finished_at: datetime | None
    seconds: float | None
    problem: ProblemDocument | None
    url: str

    @classmethod
    def of(cls, deploy: Deploy) -> DeployDocument:
        return cls(
            id=deploy.pk,
            app=deploy.app.name,
            kind=deploy.kind,
            state=deploy.state,
            release=deploy.release.version if deploy.release else None,
            commit=deploy.commit,
            created_at=deploy.created_at,
            finished_at=deploy.finished_at,
            seconds=deploy.seconds,
            problem=ProblemDocument(**deploy.problem) if deploy.problem else None,
            url=instance.app_url(deploy.app.name),
        )


# What the report says of a process, as it is.
KEPT = ("name", "state", "pid", "address", "port", "release", "restarts", "last_exit")


class ProcessDocument(Schema):
    name: str
    state: str
    pid: int | None
    address: str | None
    port: int | None
    release: int
    restarts: int
    since: datetime
    last_exit: str | None
    command: str | None
    cpu: float | None
    memory: int | None
    memory_limit: int | None

    @classmethod
    def of(
        cls,
        process: Process,
        commands: dict[tuple[int, str], str],
        figures: dict[str, ProcessFigures],
    ) -> ProcessDocument:
        """`commands` by release and process type, `figures` by handle."""
        used = figures.get(process.handle)
        return cls(
            **{n: getattr(process, n) for n in KEPT},
            since=datetime.fromtimestamp(process.since, UTC),
            command=commands.get((process.release, process.type)),
            cpu=used.cpu if used else None,
            memory=used.memory if used else None,
            memory_limit=used.memory_limit if used else None,
        )


class ReleaseDocument(Schema):
    version: int
    state: str
    commit: str | None
    created_at: datetime
    created_by: str
    description: str
    path_mode: str | None
    processes: dict[str, str]

    @classmethod
    def of(cls, release: Release) -> ReleaseDocument:
        return cls(**{name: getattr(release, name) for name in cls.model_fields})


class ConfigDocument(Schema):
    config: dict[str, str]
    deploy: DeployDocument | None


class RestartDocument(Schema):
    generation: int


class NewRelease(Body):
    rollback_to: int | None = None


class NewSession(Body):
    kind: Literal["run", "exec"]
    command: list[Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]] = Field(
        min_length=1, max_length=1000
    )
    process: wire.ProcessName | None = None
    tty: bool = False
    rows: int = Field(default=24, ge=1, le=10_000)
    columns: int = Field(default=80, ge=1, le=10_000)
    term: Annotated[str, StringConstraints(pattern=r"^[!-~]{0,40}$")] = "xterm-256color"


class SessionDocument(Schema):
    id: str
    path: str


class EventDocument(Schema):
    time: datetime
    user: str
    app: str
    verb: str
    detail: str
    address: str | None
    way: str | None

    @classmethod
    def of(cls, event: Event, *, with_origin: bool) -> EventDocument:
        shown = {name: getattr(event, name) for name in cls.model_fields}
        return cls(**shown | ({} if with_origin else {"address": None, "way": None}))


def deploy_document(deploy: Deploy) -> dict[str, Any]:
    """A deploy as plain JSON, for the parts that stream."""
    return DeployDocument.of(deploy).model_dump(mode="json")
