"""Takes the agent's reports: processes are replaced, deploys moved, one transaction per app."""

from __future__ import annotations

from django.db import transaction

from portico import wire
from portico.control.bell import app_topic, bell
from portico.control.models import App, Process, plan, rollout
from portico.control.models.capacity import keep_capacity
from portico.control.models.event import Event
from portico.control.models.notice import Notice, NoticeKind
from portico.control.models.process import (
    newly_out_of_memory,
    newly_troubled,
    replace_processes,
)
from portico.control.notices.happened import about, crashed, out_of_memory


def take(report: wire.Report) -> None:
    """Believe a report. A repeated one changes nothing."""
    if report.capacity:
        keep_capacity(report.capacity)
    for one in report.apps:
        _take_app(one)
    if report.known is not None:
        Process.objects.exclude(app_id__in=report.known).delete()


@transaction.atomic
def _take_app(report: wire.AppReport) -> None:
    app = App.objects.select_for_update().filter(pk=report.id).first()
    if app is None:
        return  # destroyed meanwhile; its tombstone is on the way to the agent
    known = replace_processes(app, report.processes)
    for one in newly_troubled(known, report.processes):
        _note(app, one)
        if one.state is wire.ProcessState.CRASHED:
            Notice.tell(app, NoticeKind.APP_CRASHED, crashed(app, one), **about(one))
    for one in newly_out_of_memory(known, report.processes):
        Notice.tell(app, NoticeKind.LIMIT_HIT, out_of_memory(app, one), **about(one))
    _keep_state(app, report)
    if report.deploy:
        rollout.take_report(app, report.deploy)
        plan.refresh(app)
    else:
        transaction.on_commit(lambda: bell.ring(app_topic(report.id)))


def _note(app: App, troubled: wire.ProcessReport) -> None:
    """In the event trail, once: what goes on failing in one way may do so every minute."""
    verb = troubled.state.value
    detail = f"{troubled.name} of v{troubled.release} {troubled.last_exit}"
    last = Event.objects.filter(app_id=app.pk).first()
    if last is None or (last.verb, last.detail) != (verb, detail):
        Event.log(app, "", verb, detail)


def _keep_state(app: App, report: wire.AppReport) -> None:
    # Of an earlier restart than the last that was asked for, nobody wants to know any more.
    current = report.failed_generation == app.generation
    problem = report.problem.model_dump() if report.problem and current else None
    if (app.serving, app.problem) != (report.serving, problem):
        app.serving, app.problem = report.serving, problem
        app.save(update_fields=["serving", "problem"])
