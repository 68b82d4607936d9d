"""An hour in the life of an app, told to web as the agent tells it: for pictures of its charts."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from portico.figures import BOUNDS
from tests.servers import Server


@contextlib.contextmanager
def pretended_hour(server: Server, name: str) -> Iterator[None]:
    """Web was told of an hour of an app, with a busy quarter of one; the agent says nothing meanwhile."""
    agent = server.pid("agent")
    os.kill(agent, signal.SIGSTOP)
    try:
        _tell(server, name)
        yield
    finally:
        os.kill(agent, signal.SIGCONT)


def _tell(server: Server, name: str) -> None:
    socket = httpx.HTTPTransport(uds=str(server.layout.agent_socket))
    with httpx.Client(transport=socket, base_url="http://web") as web:
        plans = web.get("/plan", params={"epoch": "", "since": 0, "wait": 0}).json()["apps"]
        (app_id,) = (int(id_) for id_, plan in plans.items() if plan and plan["name"] == name)
        counted, now = Counted(), time.time()
        for moment in range(int(now) - 3600, int(now) + 1, 10):
            noise = math.sin(moment * 12.9) * 43758.5 % 1
            busy = math.exp(-(((now - moment - 1500) / 600) ** 2)) + noise * 0.12
            web.post("/figures", json=figures(moment, app_id, busy, counted)).raise_for_status()


@dataclass
class Counted:
    """What the router would have counted until now: good answers, bad ones, and how fast they were."""

    good: int = 0
    bad: int = 0
    took: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))

    def more(self, busy: float) -> dict[str, Any]:
        self.good += 5 + int(busy * 60)
        self.bad += busy > 1.05
        for bucket, share in ((2, 20), (3, 25), (4, 8 + 12 * busy), (5, 4 * busy), (6, 2 * busy)):
            self.took[bucket] += int(share)
        return {"answers": [0, self.good, 0, 0, self.bad], "took": list(self.took)}


def figures(moment: int, app_id: int, busy: float, counted: Counted) -> dict[str, Any]:
    def process(name: str, cpu: float, mebibytes: float) -> dict[str, Any]:
        return {"handle": name, "name": name, "cpu": cpu, "memory": int(mebibytes * (1 << 20))}

    worker = 0.35 if moment // 60 % 10 < 3 else 0.02
    processes = [
        process("web.1", 0.04 + busy * 0.5, 58 + busy * 22),
        process("web.2", 0.04 + busy * 0.45, 55 + busy * 20),
        process("worker.1", worker + busy * 0.05, 40 + worker * 30),
    ]
    app = {"id": app_id, "processes": processes, "requests": counted.more(busy)}
    return {"time": moment, "platform": {}, "apps": [app]}
