"""What the agent sees of an app: its processes, what serves, how its deploy stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from portico.agent.clock import Moment
from portico.agent.supervision import ORIGINS, Phase, Slot
from portico.engines.engine import Endpoint, Instance
from portico.engines.limits import UNLIMITED, Limits
from portico.figures import LogDrainFigures
from portico.wire import BuildResult, DeployState, Id, PathMode, Problem, Release


@dataclass(frozen=True, order=True)
class Target:
    """What a process is an instance of. Another generation of a release is another target."""

    release: int
    generation: int


@dataclass
class Process:
    """One started process of an app."""

    handle: str
    name: str  # web.1
    target: Target
    endpoint: Endpoint | None
    pid: int | None
    phase: Phase
    since: float  # Unix time at which the phase began
    started_at: float  # Unix time
    entered: float  # when the phase began, on the steady clock; the agent's start, for what it has taken over
    limits: Limits = UNLIMITED  # that it has been told to have

    @property
    def type(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def index(self) -> int:
        return int(self.name.rpartition(".")[2])

    @classmethod
    def of(cls, instance: Instance, now: Moment) -> Process:
        """A process as the engine names it; a web process must still show that it answers."""
        waits = instance.endpoint is not None and not instance.ready
        return cls(
            handle=instance.handle,
            name=instance.process,
            target=Target(instance.release, instance.generation),
            endpoint=instance.endpoint,
            pid=instance.pid,
            phase=Phase.STARTING if waits else Phase.RUNNING,
            since=instance.started_at,
            started_at=instance.started_at,
            entered=now.steady,
            limits=instance.limits,
        )

    def becomes(self, phase: Phase, now: Moment) -> bool:
        """Whether it may be in that phase now; then it is."""
        if self.phase not in ORIGINS[phase]:
            return False
        self.phase, self.since, self.entered = phase, now.unix, now.steady
        return True


class ReleaseCommand(StrEnum):
    """Written to disk before each step: a command that began and has no result is never run again."""

    NOT_BEGUN = "not begun"
    BEGUN = "begun"
    DONE = "done"


@dataclass
class Progress:
    """How far the app's deploy has come here."""

    id: Id
    state: DeployState = DeployState.QUEUED
    command: ReleaseCommand = ReleaseCommand.NOT_BEGUN
    built: BuildResult | None = None
    problem: Problem | None = None
    path_mode: PathMode | None = None


@dataclass
class AppState:
    """All that is known of one app. `reconcile` reads it, events change it."""

    id: Id
    name: str = ""  # as last seen in the plan
    processes: dict[str, Process] = field(default_factory=dict)  # by handle
    slots: dict[str, Slot] = field(default_factory=dict)  # by process name, of what serves
    serving: Target | None = None
    switching: Target | None = None  # what is to serve, while the router is being told
    routed: frozenset[Endpoint] | None = None  # None: not written since the agent started
    progress: Progress | None = None
    failed: Target | None = None  # a rollout that did not take; not tried again
    problem: Problem | None = None  # why it did not
    releases: dict[int, Release] = field(default_factory=dict)  # as last seen in the plan
    path_modes: dict[int, PathMode] = field(default_factory=dict)  # found by probing
    ended_sessions: set[str] = field(default_factory=set)  # still in the plan, but over
    logs_ended: bool = False  # of the deploys of an agent before this one
    log_drains: dict[int, LogDrainFigures] = field(default_factory=dict)  # as last heard of
    collected: tuple[int, ...] | None = None  # the builds that the last clean-up kept

    def of_target(self, target: Target | None) -> list[Process]:
        return [process for process in self.processes.values() if process.target == target]

    def is_served(self, target: Target) -> bool:
        """Whether viewers get it, or do from one moment to the next: too late for it to fail."""
        return target in (self.serving, self.switching)

    def slot(self, name: str) -> Slot:
        return self.slots.setdefault(name, Slot())

    def path_mode(self, release: Release) -> PathMode | None:
        """The release's mode, or what probing it has found."""
        return release.path_mode or self.path_modes.get(release.version)
