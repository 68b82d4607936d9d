"""What an app's viewers notice while another app takes all that it can get."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from benchmarks.project import APP
from benchmarks.results import Figure
from benchmarks.server import ROOT, Server

SECONDS = 8.0
ATTACKS = ("processor", "forks", "log")
ROUNDS = 3


def figures(server: Server) -> list[Figure]:
    """The neighbour's 99th percentile, without the attacks and under all of them at once."""
    folders = {APP: ROOT / "examples" / "django-polls", "hostile": ROOT / "tests/apps/hostile"}
    for app, folder in folders.items():
        server.make(app)
        server.cli("deploy", str(folder), "--app", app, "--yes")
    address = f"{server.url}/{APP}/"
    calm, attacked = [], []
    for _ in range(ROUNDS):
        calm.append(_p99(address))
        with ThreadPoolExecutor() as pool:
            asked = [pool.submit(_attack, server, what) for what in (*ATTACKS, "memory")]
            attacked.append(_p99(address))
            for each in asked:
                each.result()
    ratios = [under / without for under, without in zip(attacked, calm, strict=True)]
    return [
        Figure(
            "a neighbour's p99 under an app that takes all it gets, against without",
            sorted(ratios)[len(ratios) // 2],
            "times",
            2.0,
            beside=f"{min(calm) * 1000:.0f}-{max(calm) * 1000:.0f} ms without, "
            f"{min(attacked) * 1000:.0f}-{max(attacked) * 1000:.0f} ms under it",
        )
    ]


def _attack(server: Server, what: str) -> None:
    httpx.post(f"{server.url}/hostile/{what}", json={"seconds": SECONDS}, timeout=120)


def _p99(address: str) -> float:
    """Of one client's requests, with a thought between them."""
    taken, end = [], time.monotonic() + SECONDS
    with httpx.Client(timeout=60) as client:
        while time.monotonic() < end:
            began = time.perf_counter()
            client.get(address).raise_for_status()
            taken.append(time.perf_counter() - began)
            time.sleep(0.02)
    return sorted(taken)[int(len(taken) * 0.99)]
