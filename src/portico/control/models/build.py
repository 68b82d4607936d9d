"""Builds: a source, and once it is built, what came out."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portico import wire
from portico.control.models.source import Source


class Build(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="builds")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="builds")
    use_cache = models.BooleanField(default=True)
    result = models.JSONField(null=True, help_text="wire.BuildResult")
    path_mode = models.CharField(max_length=10, null=True, help_text="detected or probed")
    kept = models.BooleanField(default=True, help_text="its slug and its source must stay")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            models.Index(fields=["app"], condition=models.Q(kept=True), name="kept_builds_of_app"),
        )

    def __str__(self) -> str:
        return f"build {self.pk}"

    @property
    def outcome(self) -> wire.BuildResult:
        """What the finished build said."""
        return wire.BuildResult.model_validate(self.result)

    def finish(self, result: wire.BuildResult) -> None:
        self.result = result.model_dump(mode="json")
        self.path_mode = result.path_mode
        self.save(update_fields=["result", "path_mode"])
