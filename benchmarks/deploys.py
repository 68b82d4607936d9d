"""From `git push` to the new version answering."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.project import APP, ByHand, Project
from benchmarks.results import Figure, median, spread
from benchmarks.server import Server, until

RUNS = 5


def figures(server: Server) -> list[Figure]:
    """A first deploy with a warm package cache, then code-only redeploys; beside them what the
    app's own start and the author's own commands take without any platform."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "project")
        project.commit("version zero")
        own = _own_time(project, Path(folder) / "environment")
        # The first of all fills the package cache; those after have another environment to make.
        first = [_first(server, project, number) for number in range(RUNS + 1)][1:]
        again = [_push(server, project, f"version {number}") for number in range(RUNS)]
    return [
        Figure("the app's own start and the author's own commands", own, "s"),
        Figure(
            "first deploy over that",
            median(first) - own,
            "s",
            3.0,
            beside=spread(first) + ", whole",
        ),
        Figure(
            "code-only redeploy over that",
            median(again) - own,
            "s",
            1.0,
            beside=spread(again) + ", whole",
        ),
    ]


def _own_time(project: Project, environment: Path) -> float:
    by_hand = ByHand(project, environment)
    lines = dict(
        line.split(": ", 1)
        for line in (project.folder / "Procfile").read_text().splitlines()
        if ": " in line
    )
    commands = [lines["release"]] if "release" in lines else []
    if "STATIC_ROOT" in "".join(p.read_text() for p in project.folder.rglob("settings.py")):
        commands.append("python manage.py collectstatic --noinput")
    for command in commands:
        by_hand.command(command)  # the first migrate makes the tables
    own = [median([by_hand.command(command) for _ in range(RUNS)]) for command in commands]
    return sum(own) + median([by_hand.start(lines["web"]) for _ in range(RUNS)])


def _first(server: Server, project: Project, number: int) -> float:
    """A deploy whose environment must be made: a comment makes it another one."""
    requirements = project.folder / "requirements.txt"
    requirements.write_text(requirements.read_text() + f"# environment {number}\n")
    if number:
        server.cli("apps", "destroy", APP, "--yes")
    return _push(server, project, f"first {number}")


def _push(server: Server, project: Project, text: str) -> float:
    project.commit(text)
    began = time.perf_counter()
    push = project.push(server.git_url(APP))
    answered = until(f"/{APP}/version", text, server)
    if push.wait():
        raise SystemExit("The push was rejected although its version answers.")
    return answered - began
