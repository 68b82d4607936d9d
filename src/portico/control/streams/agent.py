"""What the agent calls, on its own socket: plan, report, sources. Sessions are in `sockets`."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from pydantic import ValidationError

from portico.control import reports, sources
from portico.control.bell import PLAN, bell
from portico.control.examining.asking import asking
from portico.control.figures.history import history
from portico.control.figures.latest import latest
from portico.control.figures.totals import totals
from portico.control.models import plan
from portico.control.models.examined_part import keep_examination
from portico.control.models.signing_key import public_keys
from portico.control.presence import agent
from portico.control.sessions.broker import broker
from portico.control.streams.exchange import (
    Request,
    Send,
    not_found,
    respond,
    respond_json,
    start,
    until_gone,
)
from portico.control.threads import in_database
from portico.errors import PorticoError
from portico.examination import Examination
from portico.figures import Figures
from portico.wire import Report

LONGEST_WAIT = 60.0
LARGEST_REPORT = 64 << 20
PIECE = 1 << 20


async def get_plan(request: Request, send: Send) -> None:
    """GET /plan: what changed since a version, as soon as there is something."""
    with agent.asking():
        await until_gone(request.receive, _answer_plan(request, send))


async def _answer_plan(request: Request, send: Send) -> None:
    epoch, since = request.query.get("epoch", ""), _number(request, "since", 0)
    wait = min(_number(request, "wait", 0), LONGEST_WAIT)
    with bell.listen(PLAN) as listener:
        delta = await _delta(epoch, int(since))
        if not (delta["complete"] or delta["apps"] or "examine" in delta or bell.closing):
            await listener.heard(wait)
            delta = await _delta(epoch, int(since))
    await respond_json(send, 200, delta)


async def _delta(epoch: str, since: int) -> dict[str, Any]:
    """A wire.PlanDelta; each document was made by wire.AppPlan. Live sessions are added here."""
    clock, complete, apps = await in_database(plan.delta, epoch, since)
    for app_id, document in apps.items():
        if document is not None:
            document["sessions"] = [one.model_dump(mode="json") for one in broker.of_app(app_id)]
    keys = [key.model_dump() for key in await in_database(public_keys)]
    delta = {"epoch": clock.epoch, "version": clock.version, "complete": complete}
    return {**delta, "apps": apps, "keys": keys, **({"examine": True} if asking.take() else {})}


async def post_report(request: Request, send: Send) -> None:
    """POST /report."""
    try:
        report = Report.model_validate_json(await request.body(LARGEST_REPORT))
    except ValidationError as error:
        raise PorticoError("The report was not understood.", str(error), "", status=422) from error
    await in_database(reports.take, report)
    await respond(send, 204, {})


async def post_figures(request: Request, send: Send) -> None:
    """POST /figures: kept in memory, nothing is written."""
    try:
        figures = Figures.model_validate_json(await request.body(LARGEST_REPORT))
    except ValidationError as error:
        title = "The figures were not understood."
        raise PorticoError(title, str(error), "", status=422) from error
    latest.take(figures)
    await asyncio.to_thread(history.take, figures, totals.take(figures))
    await respond(send, 204, {})


async def post_examination(request: Request, send: Send) -> None:
    """POST /examination: a part of what the agent finds out when it is asked to."""
    try:
        found = Examination.model_validate_json(await request.body(LARGEST_REPORT))
    except ValidationError as error:
        title = "The examination was not understood."
        raise PorticoError(title, str(error), "", status=422) from error
    asking.told(await in_database(keep_examination, found))
    await respond(send, 204, {})


async def get_source(request: Request, send: Send, sha256: str) -> None:
    """GET /sources/{sha256}."""
    try:
        file = await asyncio.to_thread(sources.path_of(sha256).open, "rb")
    except FileNotFoundError:
        raise not_found(request.path) from None
    with file:
        size = await asyncio.to_thread(file.seek, 0, 2)
        file.seek(0)
        await start(send, 200, {"content-type": "application/gzip", "content-length": str(size)})
        while piece := await asyncio.to_thread(file.read, PIECE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _number(request: Request, name: str, default: float) -> float:
    try:
        number = float(request.query.get(name) or default)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise PorticoError(f"'{name}' is not a number.", "", "", status=422)
    return number
