"""Deploys and their states. Every transition is in `ORIGINS`; `rollout` tells when they happen."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portico.control.models.build import Build
from portico.control.models.release import Release
from portico.wire import DeployState, Problem

S = DeployState

# State -> those it may follow. The agent may have passed a state between two of its reports.
ORIGINS: dict[DeployState, tuple[DeployState, ...]] = {
    S.BUILDING: (S.QUEUED,),
    S.BUILT: (S.QUEUED, S.BUILDING),
    S.RELEASING: (S.QUEUED, S.BUILT),
    S.STARTING: (S.QUEUED, S.BUILT, S.RELEASING),
    S.LIVE: (S.QUEUED, S.BUILT, S.RELEASING, S.STARTING),
    S.FAILED: (S.QUEUED, S.BUILDING, S.BUILT, S.RELEASING, S.STARTING),
    S.CANCELLED: (S.QUEUED, S.BUILDING, S.BUILT, S.RELEASING, S.STARTING),
    S.SUPERSEDED: (S.QUEUED,),
}


class Kind(models.TextChoices):
    """What a deploy brings."""

    UPLOAD = "upload"
    PUSH = "push"
    CONFIG = "config"
    ROLLBACK = "rollback"

    def supersedes(self, waiting: Kind) -> bool:
        """Whether a newer deploy of this kind makes one that still waits pointless.

        Config vars alone do not replace waiting code: that code will get them anyway.
        """
        return self != Kind.CONFIG or waiting == Kind.CONFIG


class Deploy(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="deploys")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(
        max_length=10, choices=[(s, s) for s in DeployState], default=DeployState.QUEUED
    )
    build = models.ForeignKey(Build, null=True, on_delete=models.SET_NULL, related_name="+")
    release = models.ForeignKey(Release, null=True, on_delete=models.SET_NULL, related_name="+")
    target = models.ForeignKey(
        Release, null=True, on_delete=models.SET_NULL, related_name="+", help_text="of a rollback"
    )
    description = models.TextField(help_text="of the release to come")
    commit = models.CharField(max_length=64, null=True)
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    turn_at = models.DateTimeField(null=True, help_text="when it stopped waiting for others")
    finished_at = models.DateTimeField(null=True)
    cancel = models.BooleanField(default=False, help_text="the agent was asked to stop it")
    problem = models.JSONField(null=True, help_text="wire.Problem")

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["app", "state"], name="deploys_of_app_by_state"),)

    def __str__(self) -> str:
        return f"deploy {self.pk}"

    @property
    def final(self) -> bool:
        return DeployState(self.state).final

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.created_at).total_seconds() if self.finished_at else None

    def move(self, state: DeployState, problem: Problem | None = None) -> bool:
        """Take the step if it is allowed from where the deploy stands; False when it is not."""
        changes = {
            "state": state,
            "problem": problem.model_dump() if problem else None,
            "finished_at": timezone.now() if state.final else None,
        }
        moved = Deploy.objects.filter(pk=self.pk, state__in=ORIGINS[state]).update(**changes)
        if moved:
            for name, value in changes.items():
                setattr(self, name, value)
        return bool(moved)
