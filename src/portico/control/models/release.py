"""Releases: a build's slug with the config vars and the path mode of their day. Immutable."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portico import wire
from portico.control.encryption.field import EncryptedField
from portico.control.models.build import Build


class ReleaseState(models.TextChoices):
    PENDING = "pending"
    LIVE = "live"
    FAILED = "failed"
    RETIRED = "retired"


class Release(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="releases")
    version = models.PositiveIntegerField()
    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="releases")
    config = EncryptedField(default=dict)
    path_mode = models.CharField(max_length=10, null=True, help_text="null until it was probed")
    health_path = models.TextField(null=True)
    state = models.CharField(
        max_length=10, choices=ReleaseState.choices, default=ReleaseState.PENDING
    )
    commit = models.CharField(max_length=64, null=True)
    description = models.TextField()
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-version",)
        constraints = (
            models.UniqueConstraint(fields=["app", "version"], name="one_release_per_version"),
        )

    def __str__(self) -> str:
        return f"v{self.version}"

    @property
    def processes(self) -> dict[str, str]:
        """Process type -> command."""
        return self.build.outcome.processes

    def become(self, state: ReleaseState) -> None:
        self.state = state
        self.save(update_fields=["state"])

    def learn_path_mode(self, mode: wire.PathMode | None) -> None:
        """Keep what probing found out, for this release and the next ones of the same build."""
        if mode is None or self.path_mode is not None:
            return
        self.path_mode = self.build.path_mode = mode
        self.save(update_fields=["path_mode"])
        self.build.save(update_fields=["path_mode"])

    def as_wire(self) -> wire.Release:
        built = self.build.outcome
        return wire.Release(
            version=self.version,
            slug=built.slug,
            processes=built.processes,
            release_command=built.release_command,
            postdeploy=built.postdeploy,
            config=self.config,
            path_mode=wire.PathMode(self.path_mode) if self.path_mode else None,
            health_path=self.health_path,
            liveness=built.liveness,
            commit=self.commit,
        )
