"""Whether a deploy costs more when there are many apps."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.results import Figure, median, spread
from benchmarks.server import ROOT, Server
from portico.cli.archive import packed
from portico.cli.files import listed
from portico.client import Client

RUNS = 5
APP = "many-1"


def figures(server: Server, counts: tuple[int, ...] = (1, 100, 1000)) -> list[Figure]:
    """`deploy` of one app beside 0, 99, 999 others that share its slug's content, scaled to zero."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(shutil.copytree(ROOT / "examples" / "flask-hello", Path(parent) / APP))
        _deploy(server, folder, APP)
        measured = {}
        for count in counts:
            _grow(server, folder, count)
            measured[count] = [_redeploy(server, folder, f"many {count} {n}") for n in range(RUNS)]
    base = median(measured[counts[0]])
    return [
        Figure(
            f"deploy time at {count:,} apps against {counts[0]}",
            median(times) / base,
            "times",
            1.2 if count == counts[-1] and count > 1 else None,
            beside=spread(times) + " s",
        )
        for count, times in measured.items()
    ]


def _grow(server: Server, folder: Path, count: int) -> None:
    """More apps through the API: a command for each would take longer than their deploys."""
    with contextlib.closing(Client(server.url, server.token, timeout=120)) as client:
        existing = {app.name for app in client.apps()}
        missing = [name for n in range(2, count + 1) if (name := f"many-{n}") not in existing]
        with packed(folder, listed(folder)) as (archive, _):
            source = archive.read()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda name: _add(client, source, name), missing))


def _add(client: Client, source: bytes, name: str) -> None:
    client.create_app(name)
    client.scale(name, {"web": 0})
    deploy = client.deploy(name, io.BytesIO(source), len(source))
    for line in client.deploy_log(name, deploy.id, follow=True):
        if line and "deploy" in line and line["deploy"]["state"] != "live":
            raise SystemExit(f"{name} could not be deployed: {line['deploy']['problem']}")


def _deploy(server: Server, folder: Path, name: str) -> None:
    server.cli("deploy", str(folder), "--app", name, "--yes")


def _redeploy(server: Server, folder: Path, text: str) -> float:
    (folder / "version.txt").write_text(text)
    began = time.perf_counter()
    _deploy(server, folder, APP)
    return time.perf_counter() - began
