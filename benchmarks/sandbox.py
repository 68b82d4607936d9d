"""What a sandbox adds to starting a command."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.project import APP
from benchmarks.results import Figure, median, spread
from benchmarks.server import ROOT, Server
from portico.agent.limits import limits_of
from portico.agent.logs import Logs
from portico.engines.engine import Launch
from portico.engines.local import LocalEngine
from portico.layout import Layout
from portico.settings import Settings
from portico.wire import AppPlan, Slug

RUNS = 25


def figures(server: Server) -> list[Figure]:
    """`true` in the sandbox of a deployed app, with a network as web.1 has it, against `sh -c true` beside it."""
    server.cli("deploy", str(ROOT / "examples" / "django-polls"), "--app", APP, "--yes")
    bare, boxed = asyncio.run(_measure(server.data))
    extra = [b - a for a, b in zip(bare, boxed, strict=True)]
    return [
        Figure(
            "sandbox start, over the command's own",
            median(extra) * 1000,
            "ms",
            60,
            beside=spread([seconds * 1000 for seconds in extra]),
        ),
    ]


async def _measure(data: Path) -> tuple[list[float], list[float]]:
    layout, settings = Layout(data), Settings(data=data)
    engine = LocalEngine(layout, settings, Logs(layout, settings))
    (slug,) = layout.apps.glob("*/slugs/[0-9]")
    launch = Launch(
        int(slug.parent.parent.name),
        APP,
        "run.1",
        1,
        1,
        Slug(build=int(slug.name)),
        "true",
        {},
        True,
        limits_of(AppPlan(id=1, name=APP, url="http://localhost/"), "run.1"),
    )
    bare, boxed = [], []
    for _ in range(RUNS):
        began = time.perf_counter()
        await (await asyncio.create_subprocess_exec("sh", "-c", "true")).wait()
        bare.append(time.perf_counter() - began)
        began = time.perf_counter()
        attached = await engine.run(launch, None)
        await attached.wait()
        boxed.append(time.perf_counter() - began)
    return bare, boxed
