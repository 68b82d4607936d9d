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
    return compared(server, "requirements.txt", PACKAGES)


def compared(server: Server, file: str, packages: str, runs: int = RUNS) -> list[Figure]:
    """An app with these packages against one without any, and against a second one with them."""
    with tempfile.TemporaryDirectory() as folder:
        plain = _App(Path(folder) / "plain", "requirements.txt", "")
        packed = _App(Path(folder) / "packed", file, packages)
        # The very first fetches the packages; a comment makes another environment of them.
        first = [packed.build(server, f"{packages}# {n}\n") for n in range(runs + 1)]
        plain.build(server)
        cached, without, second = [], [], []
        for number in range(runs):  # in turn, since machines are shared
            cached.append(packed.build(server))
            without.append(plain.build(server))
            other = _App(Path(folder) / f"second-{number}", file, packed.packages)
            second.append(other.build(server))
    name = f"pandas + plotly + dash, {file}"
    return [
        Figure(
            f"first build of {name}, packages at hand",
            median(first[1:]),
            "s",
            beside=f"{spread(first[1:])}; {first[0]:.3g} the very first",
        ),
        Figure(
            f"cached rebuild of {name}, over one without packages",
            median(cached) - median(without),
            "s",
            0.3,
            beside=f"{spread(cached)}, whole",
        ),
        Figure(
            f"a second app with the same {file}, over the cached rebuild",
            median(second) - median(cached),
            "s",
            0.3,
            beside=f"{spread(second)}, whole",
        ),
    ]


class _App:
    """A folder that is deployed again and again, with another line of code each time."""

    def __init__(self, folder: Path, file: str, packages: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.packages = packages
        self._file = folder / file
        self._number = 0
        (folder / "Procfile").write_text("web: python app.py\n")

    def build(self, server: Server, packages: str | None = None) -> float:
        """Seconds that its build takes."""
        self._number += 1
        self.packages = self.packages if packages is None else packages
        self._file.write_text(self.packages)
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
