"""The plan: a document per app, with a version that only grows, and tombstones of removed apps.

A change refreshes the document of its own app in its own transaction, however many apps there are.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import F

from portico import wire
from portico.control import instance, sources
from portico.control.access.deciding import Viewing
from portico.control.access.viewing import effective
from portico.control.bell import PLAN, app_topic, bell
from portico.control.encryption.field import EncryptedField
from portico.control.models.config import config_of, said_of
from portico.control.models.formation import formation_of
from portico.control.models.limits import operators_limits, planned_limits, usual_limits
from portico.control.models.log_drain import planned_log_drains
from portico.control.models.release import ReleaseState

if TYPE_CHECKING:
    from portico.control.models.app import App
    from portico.control.models.deploy import Deploy


class PlanClock(models.Model):
    """One row. Its lock orders transactions, so versions appear in the order of their numbers."""

    epoch = models.CharField(max_length=32)
    version = models.BigIntegerField(default=1)
    settings = models.TextField(default="", help_text="those of the operator that documents follow")

    def __str__(self) -> str:
        return f"{self.epoch} {self.version}"

    @classmethod
    def now(cls) -> PlanClock:
        """The clock as it stands; made on first use, with an epoch of its own per database."""
        return cls.objects.get_or_create(pk=1, defaults={"epoch": uuid.uuid4().hex})[0]

    @classmethod
    def tick(cls) -> int:
        """The next version. Holds the clock until the transaction ends."""
        cls.now()
        cls.objects.filter(pk=1).update(version=F("version") + 1)
        return cls.objects.get(pk=1).version


class PlanRow(models.Model):
    """An app's document. Not tied to the app: a tombstone outlives it."""

    app_id = models.BigIntegerField(primary_key=True)
    version = models.BigIntegerField(unique=True)
    document = EncryptedField(null=True, help_text="wire.AppPlan without sessions; null: removed")
    sessions = models.BooleanField(default=False, help_text="the agent was told of live sessions")

    def __str__(self) -> str:
        return f"plan of {self.app_id}"


def settings_followed() -> str:
    """What documents follow from beside their apps."""
    server = instance.server()
    told = (server.public_url, server.apps_host, server.public_apps, server.kept_releases)
    return " ".join(map(str, (*told, server.max_app_processes, *operators_limits())))


def refresh(app: App) -> None:
    """Bring the app's document up to date; a no-op when nothing that the agent sees has changed."""
    _settle_kept_builds(app)
    document = app_plan(app).model_dump(mode="json")
    _ring(app.pk)
    row = PlanRow.objects.filter(pk=app.pk).first()
    if row is None or row.document != document:
        PlanRow.objects.update_or_create(
            pk=app.pk, defaults={"document": document, "version": PlanClock.tick()}
        )


def bury(app_id: int, hashes: Sequence[str]) -> None:
    """Leave a tombstone in place of a removed app's document; its sources with these hashes go."""
    transaction.on_commit(lambda: sources.collect(hashes))
    PlanRow.objects.filter(pk=app_id).update(
        document=None, version=PlanClock.tick(), sessions=False
    )
    _ring(app_id)


@transaction.atomic
def sessions_changed(app_id: int, live: bool) -> None:
    """Show the app's document to the agent again, because its live sessions have changed."""
    PlanRow.objects.filter(pk=app_id).update(version=PlanClock.tick(), sessions=live)
    transaction.on_commit(lambda: bell.ring(PLAN))


def forget_sessions() -> None:
    """Tell the agent that the sessions of a web process before this one are gone."""
    for app_id in PlanRow.objects.filter(sessions=True).values_list("pk", flat=True):
        sessions_changed(app_id, live=False)


def delta(epoch: str, since: int) -> tuple[PlanClock, bool, dict[int, dict[str, Any] | None]]:
    """The clock, whether these are all apps, and the documents newer than `since` of that epoch."""
    clock = PlanClock.now()
    complete = epoch != clock.epoch or not 0 < since <= clock.version
    rows = PlanRow.objects.filter(version__gt=0 if complete else since)
    if complete:
        rows = rows.filter(document__isnull=False)
    else:
        _clear_tombstones(since)
    return clock, complete, dict(rows.values_list("app_id", "document"))


def _clear_tombstones(since: int) -> None:
    """Those that the agent has taken, since it asks for what came after them; it keeps its own
    note of each until the app's files are gone."""
    taken = PlanRow.objects.filter(document__isnull=True, version__lte=since)
    if taken.exists():
        taken.delete()


def app_plan(app: App) -> wire.AppPlan:
    """The document of an app: all that the agent has to know."""
    deploy = app.under_way
    return wire.AppPlan(
        id=app.pk,
        name=app.name,
        url=instance.app_url(app.name),
        current=app.current.as_wire() if app.current else None,
        generation=app.generation,
        deploy=_deploy(app, deploy) if deploy else None,
        formation=formation_of(app),
        limits=planned_limits(app),
        usual_limits=usual_limits(),
        log_drains=planned_log_drains(app),
        routes=(_route(app),),
        secret=said_of(app),
        kept_builds=tuple(app.builds.filter(kept=True).order_by("id").values_list("id", flat=True)),
        **_given(ready_seconds=app.ready_seconds, drain_seconds=app.drain_seconds),
    )


def _deploy(app: App, deploy: Deploy) -> wire.Deploy:
    build = None
    if deploy.build:
        build = wire.Build(
            id=deploy.build.pk,
            source=deploy.build.source.sha256,
            config=config_of(app),
            path_mode=wire.PathMode(app.path_mode) if app.path_mode else None,
            use_cache=deploy.build.use_cache,
        )
    release = deploy.release.as_wire() if deploy.release else None
    return wire.Deploy(id=deploy.pk, build=build, release=release, cancel=deploy.cancel)


def _route(app: App) -> wire.Route:
    limits = _given(
        max_request_bytes=app.max_request_bytes, timeout=app.timeout, idle_timeout=app.idle_timeout
    )
    return wire.Route(
        host=instance.server().app_host(app.name) or "*",
        prefix=instance.app_prefix(app.name),
        public=effective(Viewing(app.access)) is Viewing.PUBLIC,
        **limits,
    )


def _given(**values: Any) -> dict[str, Any]:
    """Those that are set; the rest keep the contract's defaults."""
    return {name: value for name, value in values.items() if value is not None}


def _settle_kept_builds(app: App) -> None:
    """Unmark the builds that nothing needs any more; their sources go once this is committed.

    Releases that failed count for nothing, or a bad day would push out all that can be rolled back
    to; the newest stays whatever became of it, for its author to look into.
    """
    worked = app.releases.filter(state__in=(ReleaseState.LIVE, ReleaseState.RETIRED))
    most = instance.server().kept_releases
    unfinished = app.unfinished.values_list("build", "target__build")
    kept = {build for pair in unfinished for build in pair}
    kept |= {release.build_id for release in (*worked[:most], *app.releases.all()[:1])}
    if app.current:
        kept.add(app.current.build_id)
    dropped = app.builds.filter(kept=True).exclude(pk__in=kept - {None})
    gone = list(dropped.values_list("source__sha256", flat=True))
    dropped.update(kept=False)
    if gone:
        transaction.on_commit(lambda: sources.collect(gone))


def _ring(app_id: int) -> None:
    transaction.on_commit(lambda: bell.ring(PLAN))
    transaction.on_commit(lambda: bell.ring(app_topic(app_id)))
