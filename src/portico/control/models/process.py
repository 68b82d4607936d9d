"""Processes as the agent last reported them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import models, transaction

from portico import wire
from portico.control.figures.restarts import restarts, restarts_between

if TYPE_CHECKING:
    from portico.control.models.app import App


IN_TROUBLE = (wire.ProcessState.UNHEALTHY, wire.ProcessState.CRASHED)


class Process(models.Model):
    app = models.ForeignKey("control.App", on_delete=models.CASCADE, related_name="processes")
    handle = models.TextField(default="", help_text="the engine's name of it")
    name = models.CharField(max_length=30)
    state = models.CharField(max_length=10, choices=[(s, s) for s in wire.ProcessState])
    release = models.PositiveIntegerField()
    since = models.FloatField(help_text="Unix time at which the state began")
    restarts = models.PositiveIntegerField(default=0)
    pid = models.PositiveBigIntegerField(null=True)
    address = models.TextField(null=True)
    port = models.PositiveIntegerField(null=True)
    last_exit = models.TextField(null=True)
    out_of_memory = models.BooleanField(default=False)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    @property
    def type(self) -> str:
        return self.name.rpartition(".")[0]

    def as_report(self) -> wire.ProcessReport:
        fields = {name: getattr(self, name) for name in wire.ProcessReport.model_fields}
        return wire.ProcessReport.model_validate(fields)


def replace_processes(
    app: App, reported: Sequence[wire.ProcessReport]
) -> Sequence[wire.ProcessReport]:
    """Make the app's processes those reported; writes nothing when they are the same.

    Returns those known until now.

    Two generations of one process may run side by side, so a name is not unique.
    """
    known = [process.as_report() for process in app.processes.all()]
    if _sorted(known) == _sorted(reported):
        return known
    more = restarts_between(known, reported)
    transaction.on_commit(lambda: restarts.add(app.pk, more))
    app.processes.all().delete()
    Process.objects.bulk_create(Process(app=app, **one.model_dump()) for one in reported)
    return known


def newly_troubled(
    known: Sequence[wire.ProcessReport], reported: Sequence[wire.ProcessReport]
) -> list[wire.ProcessReport]:
    """Those that are in trouble and were not before."""
    before = {(one.name, one.state, one.since) for one in known}
    troubled = (one for one in reported if one.state in IN_TROUBLE)
    return [one for one in troubled if (one.name, one.state, one.since) not in before]


def newly_out_of_memory(
    known: Sequence[wire.ProcessReport], reported: Sequence[wire.ProcessReport]
) -> list[wire.ProcessReport]:
    """Those that have ended for their memory since; what ends is counted as a restart."""
    before = {(one.name, one.release, one.restarts) for one in known}
    ended = (one for one in reported if one.out_of_memory)
    return [one for one in ended if (one.name, one.release, one.restarts) not in before]


def _sorted(reports: Sequence[wire.ProcessReport]) -> list[wire.ProcessReport]:
    return sorted(reports, key=lambda one: one.model_dump_json())
