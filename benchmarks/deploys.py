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
    """First deploys with a warm package cache, then code-only redeploys; in turn with them what
    the app's own start and the author's own commands take without any platform."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "project")
        project.commit("version zero")
        own_time = _OwnTime(project, Path(folder) / "environment")
        own = own_time.measured()
        # The first of all fills the package cache; those after have another environment to make.
        first = [_first(server, project, number) for number in range(RUNS + 1)][1:]
        owns, again = [own], []
        server.make(APP)
        _push(server, project, APP, "version one")
        for number in range(RUNS):
            again.append(_push(server, project, APP, f"version {number}"))
            owns.append(own_time.measured())
    own = median(owns)
    return [
        Figure("the app's own start and the author's own commands", own, "s", beside=spread(owns)),
        Figure(
            "first deploy over that",
            median(first) - own,
            "s",
            3.0,
            beside=f"{spread(first)}, whole",
        ),
        Figure(
            "code-only redeploy over that",
            median(again) - own,
            "s",
            1.0,
            beside=f"{spread(again)}, whole",
        ),
    ]


class _OwnTime:
    """The author's release command, collectstatic and web line, run by hand."""

    def __init__(self, project: Project, environment: Path) -> None:
        self._by_hand = ByHand(project, environment)
        procfile = (project.folder / "Procfile").read_text().splitlines()
        lines = dict(line.split(": ", 1) for line in procfile if ": " in line)
        self._commands = [lines["release"], "python manage.py collectstatic --noinput"]
        self._web = lines["web"]
        for command in self._commands:
            self._by_hand.command(command)  # the first migrate makes the tables

    def measured(self) -> float:
        return sum(map(self._by_hand.command, self._commands)) + self._by_hand.start(self._web)


def _first(server: Server, project: Project, number: int) -> float:
    """A deploy of another app, whose environment must be made: a comment makes it another one."""
    requirements = project.folder / "requirements.txt"
    requirements.write_text(requirements.read_text() + f"# environment {number}\n")
    app = f"{APP}-{number}"
    server.make(app)
    return _push(server, project, app, f"first {number}")


def _push(server: Server, project: Project, app: str, text: str) -> float:
    project.commit(text)
    began = time.perf_counter()
    push = project.push(server.git_url(app))
    answered = until(f"/{app}/version", text, server)
    if push.wait():
        raise SystemExit("The push was rejected although its version answers.")
    return answered - began
