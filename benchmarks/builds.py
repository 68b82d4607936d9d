"""What a build adds to a deploy: the first one, one from caches, and a second app's."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path

from benchmarks.results import Figure, median, spread
from benchmarks.server import Server

RUNS = 5
PACKAGES = "pandas\nplotly\ndash\n"
# Starts at once whatever its packages are, so that only the build differs.
PROGRAM = """
import os
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("", int(os.environ["PORT"])), SimpleHTTPRequestHandler).serve_forever()
"""


def figures(server: Server) -> list[Figure]:
    """The build alone, by the times in the deploy's log: from its first line to the start."""
    with tempfile.TemporaryDirectory() as folder:
        plain = _App(Path(folder) / "plain", "")
        packed = _App(Path(folder) / "packed", PACKAGES)
        # The very first fetches the packages; a comment makes another environment of them.
        first = [packed.build(server, f"{PACKAGES}# {n}\n") for n in range(RUNS + 1)][1:]
        plain.build(server)
        cached, without, second = [], [], []
        for number in range(RUNS):  # in turn, since machines are shared
            cached.append(packed.build(server))
            without.append(plain.build(server))
            other = _App(Path(folder) / f"second-{number}", packed.requirements)
            second.append(other.build(server))
    name = "pandas + plotly + dash, requirements.txt"
    usual = median(without)
    return [
        Figure(
            f"first build of {name}, warm package cache", median(first), "s", beside=spread(first)
        ),
        Figure(
            f"cached rebuild of {name}, over one without packages",
            median(cached) - usual,
            "s",
            0.3,
            beside=f"{spread(cached)}, whole",
        ),
        Figure(
            "a second app with the same requirements, over the cached rebuild",
            median(second) - median(cached),
            "s",
            0.3,
            beside=f"{spread(second)}, whole",
        ),
    ]


class _App:
    """A folder that is deployed again and again, with another line of code each time."""

    def __init__(self, folder: Path, requirements: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.requirements = requirements
        self._number = 0
        (folder / "Procfile").write_text("web: python app.py\n")

    def build(self, server: Server, requirements: str | None = None) -> float:
        """Seconds that its build takes."""
        self._number += 1
        self.requirements = self.requirements if requirements is None else requirements
        (self.folder / "requirements.txt").write_text(self.requirements)
        (self.folder / "app.py").write_text(f"{PROGRAM}# {self._number}\n")
        name = self.folder.name
        server.cli("deploy", str(self.folder), "--app", name, "--yes")
        return _seconds(server.cli("logs", name, "--build", "--json"))


def _seconds(log: str) -> float:
    lines = [json.loads(line) for line in log.splitlines()]
    times = {
        word: next(
            datetime.fromisoformat(line["time"]) for line in lines if line["line"].startswith(word)
        )
        for word in ("Building app files", "Starting web.1")
    }
    return (times["Starting web.1"] - times["Building app files"]).total_seconds()
