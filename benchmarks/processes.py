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
        _deploy(client, apps)
        with _asking(server) as answers:
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


def _deploy(client: Client, apps: int) -> None:
    source, deploys = _source(), {}
    for number in range(apps):
        client.create_app(_name(number))
        deploys[_name(number)] = client.deploy(_name(number), io.BytesIO(source), len(source))
    for name, deploy in deploys.items():
        while not (now := client.deploy_state(name, deploy.id)).final:
            time.sleep(0.1)
        if now.state != "live":
            raise SystemExit(f"{name} could not be deployed: {now.problem}")


def _name(number: int) -> str:
    return f"sleepers-{number + 1}"


def _source() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, text in (("Procfile", PROCFILE), ("requirements.txt", "# Nothing.\n")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def _start(client: Client, apps: int, each: int) -> float:
    """Seconds until all of them run."""
    began = time.perf_counter()
    for number in range(apps):
        client.scale(_name(number), {"worker": each})
    for number in range(apps):
        while _running(client, _name(number)) < each:
            time.sleep(0.5)
    return time.perf_counter() - began


def _running(client: Client, name: str) -> int:
    return sum(process.state == "running" for process in client.processes(name))


@contextlib.contextmanager
def _asking(server: Server) -> Iterator[list[float]]:
    """How long the platform's health page takes, asked all the time."""
    seconds: list[float] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.05):
            began = time.perf_counter()
            with urlopen(f"{server.url}/-/health", timeout=30) as answer:
                answer.read()
            seconds.append(time.perf_counter() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield seconds
    finally:
        stop.set()
        asking.join()


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
