"""The way of a deploy through web: queued -> its turn -> (built) -> a release -> live or failed.

All functions run inside the transaction of a verb or a report, with the app's row locked.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db.models import Max
from django.utils import timezone

from portico import wire
from portico.control.models.build import Build
from portico.control.models.config import change_config, config_of
from portico.control.models.deploy import Deploy, Kind
from portico.control.models.event import Event
from portico.control.models.notice import Notice, NoticeKind
from portico.control.models.release import Release, ReleaseState
from portico.control.names import check_config_var
from portico.errors import PorticoError
from portico.wire import DeployState, Problem

if TYPE_CHECKING:
    from portico.control.models.app import App


def enqueue(app: App, deploy: Deploy) -> None:
    """Let a new deploy wait for its turn in place of those that it makes pointless."""
    waiting = app.waiting.exclude(pk=deploy.pk)
    for older in waiting:
        if Kind(deploy.kind).supersedes(Kind(older.kind)):
            finish(app, older, DeployState.SUPERSEDED, superseded_by(deploy))
    take_turn(app)


def take_turn(app: App) -> None:
    """Claim the app for the oldest waiting deploy, when none is under way."""
    while app.under_way is None and (deploy := app.waiting.order_by("id").first()):
        if not type(app).objects.filter(pk=app.pk, under_way=None).update(under_way=deploy):
            return
        app.under_way = deploy
        deploy.turn_at = timezone.now()
        deploy.save(update_fields=["turn_at"])
        if not deploy.build:
            _release_again(app, deploy)


def take_report(app: App, report: wire.DeployReport) -> None:
    """Move the deploy that is under way; what is said of any other is old news."""
    deploy = app.under_way
    if deploy is None or deploy.pk != report.id:
        return
    match report.state:
        case DeployState.BUILT:
            _take_built(app, deploy, report)
        case DeployState.LIVE:
            _go_live(app, deploy, report)
        case DeployState.FAILED | DeployState.CANCELLED:
            finish(app, deploy, report.state, report.problem)
        case state:
            deploy.move(state)


def finish(app: App, deploy: Deploy, state: DeployState, problem: Problem | None) -> None:
    """End a deploy that changes nothing for viewers, and give the next one its turn."""
    if not deploy.move(state, problem):
        return
    if deploy.release:
        deploy.release.become(ReleaseState.FAILED)
    detail = f"{deploy}: {problem.title}" if problem else str(deploy)
    Event.log(app, deploy.created_by, state.value, detail)
    if state is DeployState.FAILED and problem:
        release = deploy.release.version if deploy.release else None
        Notice.tell(app, NoticeKind.DEPLOY_FAILED, problem, deploy=deploy.pk, release=release)
    _leave(app, deploy)


def superseded_by(newer: Deploy) -> Problem:
    return Problem(
        title="A newer deploy has taken this one's place.",
        detail=f"Deploy {newer.pk} came in before this one's turn.",
        hint=f"Follow deploy {newer.pk}; it contains the newer state.",
    )


def _take_built(app: App, deploy: Deploy, report: wire.DeployReport) -> None:
    build, result = deploy.build, report.built
    if build is None or result is None or result.slug.build != build.pk:
        finish(app, deploy, DeployState.FAILED, _WRONG_RESULT)
    elif deploy.move(DeployState.BUILT):
        _release_build(app, deploy, build, result)


def _release_build(app: App, deploy: Deploy, build: Build, result: wire.BuildResult) -> None:
    build.finish(result)
    try:
        _complete_config(app, result)
    except PorticoError as error:
        finish(app, deploy, DeployState.FAILED, Problem.of(error))
    else:
        _make_release(app, deploy, build)


def _go_live(app: App, deploy: Deploy, report: wire.DeployReport) -> None:
    release = deploy.release
    if release is None or not deploy.move(DeployState.LIVE):
        return
    if app.current and app.current != release:
        app.current.become(ReleaseState.RETIRED)
    release.become(ReleaseState.LIVE)
    release.learn_path_mode(report.path_mode)
    app.current = release
    app.save(update_fields=["current"])
    Event.log(app, deploy.created_by, "live", f"{deploy}: {release}")
    _leave(app, deploy)


def _leave(app: App, deploy: Deploy) -> None:
    if app.under_way_id == deploy.pk:
        app.under_way = None
        app.save(update_fields=["under_way"])
        take_turn(app)


def _release_again(app: App, deploy: Deploy) -> None:
    """A release without a build: today's config vars on the current slug or on an older one."""
    base = deploy.target if deploy.kind == Kind.ROLLBACK else app.current
    if base is None:
        finish(app, deploy, DeployState.CANCELLED, _NOTHING_RELEASED)
    else:
        _make_release(app, deploy, base.build, base.commit)


def _make_release(app: App, deploy: Deploy, build: Build, commit: str | None = None) -> None:
    last = app.releases.aggregate(last=Max("version"))["last"] or 0
    deploy.release = Release.objects.create(
        app=app,
        version=last + 1,
        build=build,
        config=config_of(app),
        path_mode=app.path_mode or build.path_mode,
        health_path=app.health_path or build.outcome.health_path,
        commit=deploy.commit or commit,
        description=deploy.description,
        created_by=deploy.created_by,
    )
    deploy.save(update_fields=["release"])


def _complete_config(app: App, result: wire.BuildResult) -> None:
    """Set what app.json proposes and the author has not set; complain of what nobody has."""
    have = config_of(app)
    proposed = dict(result.defaults) | {name: secrets.token_hex(32) for name in result.generated}
    fresh = {name: value for name, value in proposed.items() if name not in have}
    for name, value in fresh.items():
        check_config_var(name, value)
    missing = sorted(name for name in result.required if name not in have | fresh)
    if missing:
        raise PorticoError(
            "A required config var is not set.",
            f"app.json requires {', '.join(missing)}.",
            f"Set it and deploy again: portico config {app.name} set {missing[0]}=VALUE",
        )
    change_config(app, fresh)


_WRONG_RESULT = Problem(
    title="The build's result cannot be used.",
    detail="It does not belong to the build that was ordered.",
    hint="Deploy again. If it happens again, look into the agent's log.",
)
_NOTHING_RELEASED = Problem(
    title="There is no release to change.",
    detail="No deploy of this app has ever gone live.",
    hint="Deploy again; the config vars of today will be used.",
)
