"""What the agent can do. `reconcile` returns these; `perform` carries them out.

Each has a key. The agent never runs two actions of one key at once, so that `reconcile` may name
an action again and again until its outcome shows in the observed state.
"""

from __future__ import annotations

from dataclasses import dataclass

from portico.agent.observed import Target
from portico.engines.engine import Endpoint
from portico.engines.limits import Limits
from portico.wire import Build, Problem, Release, Session

Key = tuple[object, ...]


@dataclass(frozen=True)
class Action:
    """Something to do for one app."""

    @property
    def key(self) -> Key:
        return (type(self).__name__,)


@dataclass(frozen=True)
class BuildSlug(Action):
    deploy: int
    build: Build

    @property
    def key(self) -> Key:
        return ("deploy", self.deploy, "build")


@dataclass(frozen=True)
class RunReleaseCommand(Action):
    deploy: int
    release: Release
    command: str

    @property
    def key(self) -> Key:
        return ("deploy", self.deploy, "release")


@dataclass(frozen=True)
class CancelDeploy(Action):
    """End what runs for a deploy; the outcome is `cancelled`."""

    deploy: int


@dataclass(frozen=True)
class FailDeploy(Action):
    deploy: int
    problem: Problem


@dataclass(frozen=True)
class EndLogs(Action):
    """End the logs of deploys that an agent before this one has left open, but for one."""

    but: int | None


@dataclass(frozen=True)
class StartProcess(Action):
    name: str
    target: Target
    release: Release

    @property
    def key(self) -> Key:
        return ("start", self.name, self.target)


@dataclass(frozen=True)
class AwaitReady(Action):
    """Probe a starting web process. `strict`: during a rollout a bad answer fails it."""

    handle: str
    release: Release
    strict: bool

    @property
    def key(self) -> Key:
        return ("ready", self.handle)


@dataclass(frozen=True)
class KeepChecking(Action):
    """Ask a running web process again and again, until it fails or ends."""

    handle: str
    release: Release

    @property
    def key(self) -> Key:
        return ("check", self.handle)


@dataclass(frozen=True)
class RouteTo(Action):
    """Make these the endpoints that get requests, and `target` what serves."""

    endpoints: frozenset[Endpoint]
    target: Target | None


@dataclass(frozen=True)
class DrainProcess(Action):
    """Wait until a process that gets no more requests has finished those it has."""

    handle: str

    @property
    def key(self) -> Key:
        return ("drain", self.handle)


@dataclass(frozen=True)
class StopProcess(Action):
    handle: str

    @property
    def key(self) -> Key:
        return ("stop", self.handle)


@dataclass(frozen=True)
class LimitProcess(Action):
    """Give a running process the limits that it has by now."""

    handle: str
    limits: Limits

    @property
    def key(self) -> Key:
        return ("limit", self.handle)


@dataclass(frozen=True)
class DialSession(Action):
    session: Session

    @property
    def key(self) -> Key:
        return ("session", self.session.id)


@dataclass(frozen=True)
class SendLog(Action):
    """Send the app's log to its drains, for as long as it has some."""


@dataclass(frozen=True)
class CollectDisk(Action):
    """Remove slugs and environments but for those of these builds."""

    kept: tuple[int, ...]


@dataclass(frozen=True)
class RemoveApp(Action):
    """Remove the app's files; nothing of it runs any more."""


@dataclass(frozen=True)
class Wake(Action):
    """Reconcile again at this time of the steady clock."""

    at: float

    @property
    def key(self) -> Key:
        return ("wake", self.at)
