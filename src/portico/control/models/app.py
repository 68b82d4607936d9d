"""Apps and their verbs. Each verb is one transaction: the change, the event, the plan."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from portico.control import instance
from portico.control.access.deciding import Viewing
from portico.control.access.trust import require_trust
from portico.control.git import pushes, repositories
from portico.control.models import limits, log_drain, plan, refusals, rollout
from portico.control.models.build import Build
from portico.control.models.card import Card, keep_picture
from portico.control.models.config import change_config, config_of, mark_config
from portico.control.models.deploy import Deploy, Kind
from portico.control.models.event import Event
from portico.control.models.formation import asked_of, check_formation, check_sum
from portico.control.models.log_drain import LogDrain
from portico.control.models.old_name import OldName
from portico.control.models.person import named
from portico.control.models.plan import PlanClock
from portico.control.models.release import Release, ReleaseState
from portico.control.models.share import Changes, change_shares, hand_over
from portico.control.models.source import Source
from portico.control.names import check_app_name, check_config_var, not_free
from portico.limits import Changes as Limits
from portico.wire import DeployState

P = ParamSpec("P")
R = TypeVar("R")

UNFINISHED = [state for state in DeployState if not state.final]
IN_RELEASES = ("path_mode", "health_path")  # settings that take a new release to come true


def verb(method: Callable[Concatenate[App, P], R]) -> Callable[Concatenate[App, P], R]:
    """One transaction with the app's row locked and read again, and the plan refreshed after it."""

    @functools.wraps(method)
    def call(app: App, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            app.lock()
            answer = method(app, *args, **kwargs)
            if app.pk:
                plan.refresh(app)
            return answer

    return call


class App(Card):
    name = models.CharField(max_length=40, unique=True)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="apps")
    access = models.CharField(
        max_length=10, choices=[(one, one) for one in Viewing], default=Viewing.RESTRICTED
    )
    created_at = models.DateTimeField(default=timezone.now)
    generation = models.PositiveIntegerField(default=1, help_text="counts restarts")
    formation = models.JSONField(default=dict, help_text="type -> count, where the author said so")
    limits = models.JSONField(default=dict, help_text="type -> name -> value, likewise")
    current = models.OneToOneField(Release, null=True, on_delete=models.SET_NULL, related_name="+")
    under_way = models.OneToOneField(Deploy, null=True, on_delete=models.SET_NULL, related_name="+")
    # As the agent last reported:
    serving = models.PositiveIntegerField(null=True, help_text="the release that gets requests")
    problem = models.JSONField(null=True, help_text="why a restart did not take; wire.Problem")
    # The author's settings; null stands for the default.
    path_mode = models.CharField(max_length=10, null=True)
    health_path = models.TextField(null=True)
    timeout = models.FloatField(null=True)
    idle_timeout = models.FloatField(null=True)
    max_request_bytes = models.BigIntegerField(null=True)
    ready_seconds = models.FloatField(null=True)
    drain_seconds = models.FloatField(null=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @classmethod
    @transaction.atomic
    def create(cls, name: str, user: User) -> App:
        check_app_name(name)
        try:
            with transaction.atomic():
                app = cls.objects.create(name=name, owner=user)
        except IntegrityError:
            raise not_free(name) from None
        OldName.give_up(name)
        Event.log(app, user.username, "create")
        plan.refresh(app)
        return app

    @classmethod
    def follow_settings(cls) -> None:
        """Bring all plans up to date after the operator has changed what they follow from."""
        wanted = plan.settings_followed()
        if PlanClock.now().settings == wanted:
            return
        for app in cls.objects.all():
            with transaction.atomic():
                app.lock()
                plan.refresh(app)
        PlanClock.objects.update(settings=wanted)

    @classmethod
    def for_overview(cls) -> models.QuerySet[App]:
        """With what an overview shows; config vars stay encrypted."""
        apps = cls.objects.select_related("owner", "current__build", "under_way__release__build")
        apps = apps.select_related("picture").defer("picture__content")
        unread = apps.defer("current__config", "under_way__release__config")
        return unread.prefetch_related("processes")

    @classmethod
    def named(cls, name: str) -> App:
        """The app of that name, or a PorticoError."""
        if (found := cls.find(name)) is None:
            raise refusals.unknown(name)
        return found

    @classmethod
    def of_others(cls, user: User) -> bool:
        """Whether somebody else, or nobody any more, has an app here."""
        return cls.objects.exclude(owner=user).exists()

    @classmethod
    def of_other_authors(cls, user: User) -> bool:
        """Whether somebody else has an app here who is still there."""
        return cls.objects.exclude(owner=None).exclude(owner=user).exists()

    @classmethod
    def find(cls, name: str) -> App | None:
        """The app of that name, whatever somebody wrote into an address: PostgreSQL takes no NUL."""
        if "\0" in name:
            return None
        app = cls.objects.select_related("owner", "current__build", "under_way__release").filter(
            name=name
        )
        return app.first()

    @verb
    def rename(self, name: str, user: User) -> None:
        """Move to another address; the old one leads on. Its processes are started again: they
        know their prefix."""
        check_app_name(name)
        if name == self.name:
            return
        if App.objects.filter(name=name).exists() or pushes.is_pushed(name):
            raise not_free(name)
        pushes.refuse_while_pushing(self.name, "renamed")
        old, self.name = self.name, name
        self.generation += 1
        self.save(update_fields=["name", "generation"])
        OldName.give_up(name)
        OldName.keep(old, self)
        Event.log(self, user.username, "rename", f"from {old}")
        transaction.on_commit(lambda: repositories.rename(old, name))

    @verb
    def transfer(self, to: str, user: User) -> None:
        """Make somebody else its owner; who was it stays a co-owner."""
        before, self.owner = self.owner, named(to)
        if before == self.owner:
            raise refusals.is_owner(self.name, to)
        if before is not None or App.of_other_authors(self.owner):
            require_trust()
        self.save(update_fields=["owner"])
        hand_over(self, before)
        Event.log(self, user.username, "transfer", f"to {to}")

    @verb
    def destroy(self, user: User) -> None:
        """Remove the app, its releases and its data. The event trail stays."""
        pushes.refuse_while_pushing(self.name, "destroyed")
        Event.log(self, user.username, "destroy")
        name, app_id = self.name, self.pk
        hashes = list(self.builds.filter(kept=True).values_list("source__sha256", flat=True))
        self.delete()
        plan.bury(app_id, hashes)
        transaction.on_commit(lambda: repositories.remove(name))

    @verb
    def scale(self, changes: Mapping[str, int], user: User) -> None:
        """Set how many processes some types have; other types keep their count."""
        check_formation(changes, self.current.processes if self.current else None)
        before = asked_of(self)
        self.formation = {**self.formation, **changes}
        check_sum(self.name, before, asked_of(self))
        self.save(update_fields=["formation"])
        words = " ".join(f"{kind}={count}" for kind, count in sorted(changes.items()))
        Event.log(self, user.username, "scale", words)

    @verb
    def limit(self, changes: Mapping[str, Limits], user: User) -> bool:
        """Limit some process types otherwise; whether that takes new processes.

        The agent gives what can be changed to those that run.
        """
        restarts = False
        for kind, own in changes.items():
            self.limits, one = limits.changed(self, kind, own)
            restarts = restarts or one
            Event.log(self, user.username, "limits", limits.words(kind, own))
        restarts = restarts and self.current is not None
        self.generation += restarts
        self.save(update_fields=["limits", "generation"])
        return restarts

    @verb
    def add_log_drain(self, address: str, headers: Mapping[str, str], user: User) -> LogDrain:
        """Send its log there too, from now on."""
        drain = log_drain.add_log_drain(self, address, headers)
        Event.log(self, user.username, "add drain", f"{drain.pk}: {drain.shown}")
        return drain

    @verb
    def remove_log_drain(self, number: int, user: User) -> None:
        """Send its log there no more."""
        drain = log_drain.log_drain_of(self, number)
        Event.log(self, user.username, "remove drain", f"{drain.pk}: {drain.shown}")
        drain.delete()

    @verb
    def restart(self, user: User) -> None:
        """Replace all processes by new ones of the same release, as carefully as a deploy does."""
        if self.current is None:
            raise refusals.nothing_released(self.name, "restarted")
        self.generation += 1
        self.problem = None
        self.save(update_fields=["generation", "problem"])
        Event.log(self, user.username, "restart")

    @verb
    def set_config(
        self, changes: Mapping[str, str | None], user: User, secret: bool | None = None
    ) -> Deploy | None:
        """Set or unset (None) config vars; the deploy that rolls them out, if one is needed.

        `secret` says of all that are set whether logs may show them.
        """
        for name, value in changes.items():
            check_config_var(name, value)
        before = config_of(self)
        change_config(self, changes)
        mark_config(self, changes, secret)
        after = config_of(self)
        if before == after:
            return None
        names = ", ".join(sorted(n for n in before | after if before.get(n) != after.get(n)))
        Event.log(self, user.username, "config", names)
        return self._renew(f"Config vars changed: {names}", user)

    @verb
    def change_settings(self, changes: Mapping[str, Any], user: User) -> Deploy | None:
        """Set some of the author's settings; the deploy that rolls them out, if one is needed."""
        changed = {name: new for name, new in changes.items() if getattr(self, name) != new}
        for name, new in changed.items():
            setattr(self, name, new)
        if not changed:
            return None
        self.save(update_fields=list(changed))
        words = ", ".join(f"{name}={new}" for name, new in sorted(changed.items()))
        Event.log(self, user.username, "settings", words)
        return (
            self._renew(f"Settings: {words}", user) if changed.keys() & set(IN_RELEASES) else None
        )

    @verb
    def set_picture(self, content: bytes | None, user: User) -> None:
        """Show this on its card, as `portal.pictures` has made it; None: the drawing again."""
        keep_picture(self, content)
        Event.log(self, user.username, "picture", "set" if content else "removed")

    @verb
    def change_access(self, changes: Changes, user: User) -> None:
        """Choose who may open it, and who may do more."""
        if changes.access is Viewing.PUBLIC and not instance.server().public_apps:
            raise refusals.no_public_apps(self.name)
        if changes.co_owners:
            require_trust()
        if changes.access:
            self.access = changes.access
            self.save(update_fields=["access"])
        change_shares(self, changes)
        Event.log(self, user.username, "access", changes.words())

    @verb
    def deploy(
        self, source: Source, user: User, *, kind: Kind, commit: str | None, use_cache: bool
    ) -> Deploy:
        """Build a source and put it live in its turn."""
        build = Build.objects.create(app=self, source=source, use_cache=use_cache)
        words = f"Deployed {commit[:7] if commit else source}"
        return self._enqueue(kind, words, user, build=build, commit=commit)

    @verb
    def rollback(self, version: int | None, user: User) -> Deploy:
        """Put an older slug live, with today's config vars. None: the one before."""
        target = self._rollback_target(version)
        return self._enqueue(Kind.ROLLBACK, f"Rolled back to {target}", user, target=target)

    @verb
    def cancel(self, deploy_id: int, user: User) -> Deploy:
        """End a waiting deploy; ask the agent to end the one under way."""
        deploy = self.deploys.get(pk=deploy_id)
        if deploy.final:
            raise refusals.already_final(self.name, deploy.pk, deploy.state)
        Event.log(self, user.username, "cancel", str(deploy))
        if self.under_way_id != deploy.pk:
            rollout.finish(self, deploy, DeployState.CANCELLED, refusals.cancelled(user.username))
        elif self.under_way is not None:
            self.under_way.cancel = deploy.cancel = True
            deploy.save(update_fields=["cancel"])
        return deploy

    def lock(self) -> None:
        """Read the row again and keep others from changing it until the transaction ends."""
        try:
            self.refresh_from_db(from_queryset=App.objects.select_for_update())
        except App.DoesNotExist:
            raise refusals.unknown(self.name) from None

    @property
    def unfinished(self) -> models.QuerySet[Deploy]:
        return self.deploys.filter(state__in=UNFINISHED)

    @property
    def waiting(self) -> models.QuerySet[Deploy]:
        """Deploys whose turn has not come."""
        queued = self.deploys.filter(state=DeployState.QUEUED)
        return queued.exclude(pk=self.under_way_id) if self.under_way_id else queued

    def _renew(self, description: str, user: User) -> Deploy | None:
        """A release like the current one for what has changed around it.

        None while nothing is released and nothing is about to be: a build takes what there is.
        """
        if self.current or (self.under_way and self.under_way.release):
            return self._enqueue(Kind.CONFIG, description, user)
        return None

    def _enqueue(self, kind: Kind, description: str, user: User, **fields: Any) -> Deploy:
        deploy = Deploy.objects.create(
            app=self, kind=kind, description=description, created_by=user.username, **fields
        )
        if kind != Kind.CONFIG:  # what was changed is in the trail already
            Event.log(self, user.username, kind.value, f"{deploy}: {description}")
        rollout.enqueue(self, deploy)
        deploy.refresh_from_db()
        return deploy

    def _rollback_target(self, version: int | None) -> Release:
        if self.current is None:
            raise refusals.nothing_released(self.name, "rolled back")
        if version is None:
            older = self.releases.filter(
                state=ReleaseState.RETIRED, version__lt=self.current.version
            )
            if (target := older.first()) is None:
                raise refusals.no_older(self.name, self.current)
        elif (target := self.releases.filter(version=version).first()) is None:
            raise refusals.no_version(self.name, version)
        if target.state != ReleaseState.RETIRED or not target.build.kept:
            raise refusals.not_possible(self.name, target, target.state)
        return target
