"""What an app has used and done."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime

from portico.control.access.deciding import Verb
from portico.control.api.access import caller_of
from portico.control.figures.history import ERRORS, REQUESTS, Past, Range, Values, history
from portico.control.models import App
from portico.control.models.limits import limits_of, not_enforced

router = Router(tags=["figures"])


class ProcessTypeFigures(Schema):
    cpu: list[float | None]
    memory: list[int | None]
    memory_limit: int | None

    @classmethod
    def of(cls, past: Past, kind: str, memory_limit: int | None) -> ProcessTypeFigures:
        return cls(
            cpu=rounded(past.values(kind, "cpu")),
            memory=[None if it is None else int(it) for it in past.values(kind, "memory")],
            memory_limit=memory_limit,
        )


class Latency(Schema):
    """Seconds until so many of a step's answers had begun."""

    median: list[float | None]
    p95: list[float | None]


class FiguresDocument(Schema):
    """A value for each of `count` steps of `step` seconds from `start` on; null: nothing was seen."""

    range: Range
    start: datetime
    step: int
    count: int
    requests: list[float | None]
    errors: list[float | None]
    latency: Latency
    processes: dict[str, ProcessTypeFigures]

    @classmethod
    def of(cls, app: App, range_: Range, past: Past) -> FiguresDocument:
        kept = "memory" not in not_enforced()
        return cls(
            range=range_,
            start=datetime.fromtimestamp(past.start, UTC),
            step=past.step,
            count=past.count,
            requests=rounded(past.values(*REQUESTS)),
            errors=rounded(past.values(*ERRORS)),
            latency=Latency(median=rounded(past.latency(0.5)), p95=rounded(past.latency(0.95))),
            processes={
                kind: ProcessTypeFigures.of(past, kind, _memory_limit(app, kind) if kept else None)
                for kind in past.process_types
            },
        )


def rounded(values: Values) -> Values:
    """Without digits that say nothing."""
    return [None if it is None else round(it, 4) for it in values]


@router.get("/apps/{app}/figures", response=FiguresDocument)
def show_figures(
    request: HttpRequest,
    app: str,
    range: Range = Range.HOUR,  # noqa: A002 - as the query says
    since: AwareDatetime | None = None,
) -> FiguresDocument:
    """The last hour or day; with `since` only from the step on in which that moment was."""
    found = caller_of(request).app(app, Verb.INSPECT)
    past = history.of_app(found.pk, range, since.timestamp() if since else 0)
    return FiguresDocument.of(found, range, past)


def _memory_limit(app: App, kind: str) -> int | None:
    value = limits_of(app, kind)["memory"]
    return None if value is None else int(value)
