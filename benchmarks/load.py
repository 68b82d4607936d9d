"""Requests during redeploys: how many fail, and how long the slowest take."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.project import APP, Project
from benchmarks.results import Figure
from benchmarks.server import Server

DEPLOYS = 5
STEADY = 5.0
CLIENTS = 8


@dataclass
class Answers:
    """When each request began, how long it took, and what came of those that failed."""

    taken: list[tuple[float, float]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def p999(self, begin: float, end: float) -> float:
        taken = sorted(seconds for at, seconds in self.taken if begin <= at < end)
        return taken[min(int(len(taken) * 0.999), len(taken) - 1)]


def figures(server: Server) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "project")
        project.commit("load zero")
        server.make(APP)
        if project.push(server.git_url(APP)).wait():
            raise SystemExit("The first push was rejected.")
        answers, switch, end = asyncio.run(_redeploy_under_load(server, project))
    steady, during = answers.p999(0, switch), answers.p999(switch, end)
    return [
        Figure(
            f"requests failed during {DEPLOYS} redeploys under load",
            len(answers.failed),
            f"of {len(answers.taken) + len(answers.failed)}",
            0,
            beside="; ".join(sorted(set(answers.failed)))[:80],
        ),
        Figure(
            "p99.9 during redeploys against the steady one",
            during / steady,
            "times",
            3.0,
            beside=f"{steady * 1000:.0f} ms steady, {during * 1000:.0f} ms during",
        ),
        Figure(
            "slowest request during redeploys",
            max(s for at, s in answers.taken if at >= switch) * 1000,
            "ms",
        ),
    ]


async def _redeploy_under_load(server: Server, project: Project) -> tuple[Answers, float, float]:
    answers, stop = Answers(), asyncio.Event()
    url = f"{server.url}/{APP}/version"
    clients = [
        asyncio.create_task(_client(url, answers, stop, fresh=n % 2 == 1)) for n in range(CLIENTS)
    ]
    await asyncio.sleep(STEADY)
    switch = time.perf_counter()
    for number in range(DEPLOYS):
        project.commit(f"load {number}")
        push = project.push(server.git_url(APP))
        if await asyncio.to_thread(push.wait):
            raise SystemExit("A push was rejected.")
    await asyncio.sleep(1)
    end = time.perf_counter()
    stop.set()
    await asyncio.gather(*clients)
    return answers, switch, end


async def _client(url: str, answers: Answers, stop: asyncio.Event, *, fresh: bool) -> None:
    """One request after the other, with a short thought between: on a kept connection, or fresh ones."""
    limits = httpx.Limits(max_keepalive_connections=0 if fresh else 1)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        while not stop.is_set():
            began = time.perf_counter()
            try:
                status = (await client.get(url)).status_code
            except httpx.HTTPError as error:
                answers.failed.append(type(error).__name__)
                continue
            if status == 200:
                answers.taken.append((began, time.perf_counter() - began))
            else:
                answers.failed.append(str(status))
            await asyncio.sleep(0.02)
