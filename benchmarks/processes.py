"""What hundreds of processes cost the agent that does nothing but watch them."""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from benchmarks.memory import pss
from benchmarks.results import Figure
from benchmarks.server import Server
from portico.client import Client

APPS, EACH = 5, 100
IDLE_SECONDS = 30
PROCFILE = "worker: exec sleep 1000000\n"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def figures(server: Server, apps: int = APPS, each: int = EACH) -> list[Figure]:
    """`apps` apps with `each` processes that sleep, each with all protections."""
    count, pid = apps * each, _agent(server)
    before = pss(pid)
    with contextlib.closing(Client(server.url, server.token, timeout=120)) as client:
        deploy(client, _names(apps), source({"Procfile": PROCFILE}))
        with asking(f"{server.url}/-/health") as answers:
            seconds = _start(client, apps, each)
    time.sleep(5)
    busy = _idle(pid)
    slowest = f"slowest {max(answers) * 1000:.0f} ms of {len(answers)}"
    return [
        Figure(f"agent's CPU with {count} idle processes, of a core", busy * 100, "%", 1),
        Figure(f"agent's memory with {count} processes", pss(pid), "MB", beside=f"none: {before:.0f}"),
        Figure(f"start of {count} processes", seconds, "s", beside=f"{seconds / count * 1000:.0f} ms each"),
        Figure("answer of the platform meanwhile", statistics.median(answers) * 1000, "ms", beside=slowest),
    ]  # fmt: skip


def deploy(client: Client, names: list[str], archive: bytes) -> None:
    """Make an app of each name, of the same source."""
    deploys = {}
    for name in names:
        client.create_app(name)
        deploys[name] = client.deploy(name, io.BytesIO(archive), len(archive))
    for name, begun in deploys.items():
        while not (now := client.deploy_state(name, begun.id)).final:
            time.sleep(0.1)
        if now.state != "live":
            raise SystemExit(f"{name} could not be deployed: {now.problem}")


def _names(apps: int) -> list[str]:
    return [f"sleepers-{number + 1}" for number in range(apps)]


def source(files: dict[str, str]) -> bytes:
    """An archive of those files, of an app without packages."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, text in {**files, "requirements.txt": "# Nothing.\n"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def _start(client: Client, apps: int, each: int) -> float:
    """Seconds until all of them run."""
    began = time.perf_counter()
    for name in _names(apps):
        client.scale(name, {"worker": each})
    for name in _names(apps):
        while _running(client, name) < each:
            time.sleep(0.5)
    return time.perf_counter() - began


def _running(client: Client, name: str) -> int:
    return sum(process.state == "running" for process in client.processes(name))


@contextlib.contextmanager
def asking(page: str) -> Iterator[list[float]]:
    """How long a page of the platform takes, asked all the time."""
    seconds: list[float] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.05):
            began = time.perf_counter()
            with urlopen(page, timeout=30) as answer:
                answer.read()
            seconds.append(time.perf_counter() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield seconds
    finally:
        stop.set()
        thread.join()


def _idle(pid: int) -> float:
    """Of one core, while nothing happens."""
    before = _cpu_seconds(pid)
    time.sleep(IDLE_SECONDS)
    return (_cpu_seconds(pid) - before) / IDLE_SECONDS


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def _agent(server: Server) -> int:
    listed = server.listing("server", "status", "--data", str(server.data))["processes"]
    return next(int(one["pid"]) for one in listed if one["name"] == "agent")
