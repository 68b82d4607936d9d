"""Whether a deploy costs more when there are many apps."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.project import APP, Project
from benchmarks.results import Figure, median, spread
from benchmarks.server import Server

RUNS = 5


def figures(server: Server, counts: tuple[int, ...] = (1, 100, 1000)) -> list[Figure]:
    """`deploy` of one app beside 0, 99, 999 others that share its slug's content, scaled to zero."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "project")
        (project.folder / "Procfile").write_text("web: gunicorn mysite.wsgi\n")
        project.commit("many zero")
        _deploy(server, project, APP)
        measured = {}
        for count in counts:
            _grow(server, project, count)
            measured[count] = [_redeploy(server, project, f"many {count} {n}") for n in range(RUNS)]
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


def _grow(server: Server, project: Project, count: int) -> None:
    existing = {app["name"] for app in server.listing("apps")}
    missing = [name for n in range(2, count + 1) if (name := f"many-{n}") not in existing]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: _add(server, project, name), missing))


def _add(server: Server, project: Project, name: str) -> None:
    server.cli("apps", "create", name)
    server.cli("scale", name, "web=0")
    _deploy(server, project, name)


def _deploy(server: Server, project: Project, name: str) -> None:
    server.cli("deploy", str(project.folder), "--app", name, "--yes")


def _redeploy(server: Server, project: Project, text: str) -> float:
    project.commit(text)
    began = time.perf_counter()
    _deploy(server, project, APP)
    return time.perf_counter() - began
