"""What an Aptfile adds to a build: a first one, against apt-get itself, and one from the cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.results import Figure, median, spread
from benchmarks.server import Server
from portico.engines.local.host.survey import find_launcher

RUNS = 5
PACKAGES = ("unixodbc", "libgomp1", "libopenblas0")
PROGRAM = """
import os
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("", int(os.environ["PORT"])), SimpleHTTPRequestHandler).serve_forever()
"""
LAYER, AFTER = "Building apt layer", "Using cached Python"
FIRST, LAST = "Building app files", "Starting web.1"


def figures(server: Server) -> list[Figure]:
    """Layers are timed by the deploy's log: from the line that begins one to the next step's."""
    with tempfile.TemporaryDirectory() as folder:
        plain, packed = _app(Path(folder) / "plain"), _app(Path(folder) / "packed")
        _deploy(server, plain)
        _deploy(server, packed, " ".join(PACKAGES))  # makes the stack too
        first, itself, cached, without = [], [], [], []
        for number in range(RUNS):  # in turn, since machines are shared
            log = _deploy(server, packed, f"{' '.join(PACKAGES)} # {number}")
            first.append(_between(log, LAYER, AFTER))
            itself.append(_apt_get(server))
            cached.append(_between(_deploy(server, packed), FIRST, LAST))
            without.append(_between(_deploy(server, plain), FIRST, LAST))
    return [
        Figure(
            "apt layer of three packages, over twice `apt-get install` itself",
            median(first) - 2 * median(itself),
            "s",
            2.0,
            beside=f"layer {spread(first)}, apt-get {spread(itself)}",
        ),
        Figure(
            "cached rebuild with an Aptfile, over one without",
            median(cached) - median(without),
            "s",
            0.3,
            beside=f"{spread(cached)}, whole",
        ),
    ]


def _app(folder: Path) -> Path:
    folder.mkdir()
    (folder / "Procfile").write_text("web: python app.py\n")
    (folder / "requirements.txt").write_text("# none\n")
    return folder


def _deploy(server: Server, folder: Path, aptfile: str = "") -> dict[str, datetime]:
    """Another line of code each time; the times of the lines of its build's log."""
    if aptfile:
        (folder / "Aptfile").write_text(f"{aptfile}\n")
    (folder / "app.py").write_text(f"{PROGRAM}# {time.time()}\n")
    server.cli("deploy", str(folder), "--app", folder.name, "--yes")
    text = server.cli("logs", folder.name, "--build", "--json")
    lines = (json.loads(line) for line in text.splitlines())
    return {line["line"]: datetime.fromisoformat(line["time"]) for line in lines}


def _between(log: dict[str, datetime], first: str, then: str) -> float:
    starts = (
        next(at for line, at in log.items() if line.startswith(word)) for word in (first, then)
    )
    begun, done = starts
    return (done - begun).total_seconds()


def _apt_get(server: Server) -> float:
    """The same into a fresh copy of the stack, by apt-get alone, with the machine's network."""
    (stack,) = (server.data / "stacks").glob("debian+*")
    copy = Path(tempfile.mkdtemp(prefix="portico-bench-", dir=server.data.parent)) / "root"
    subprocess.run(["cp", "-a", str(stack), str(copy)], check=True)
    install = f"apt-get -qq update && apt-get -qq -y install {' '.join(PACKAGES)}"
    names = Path("/etc/resolv.conf").read_text()
    (copy / "etc/resolv.conf").write_text(names)
    root = (find_launcher(), "--bind", str(copy), "/", "--proc", "/proc", "--dev", "/dev")
    rights = ("--cap-add", "ALL", "--setenv", "DEBIAN_FRONTEND", "noninteractive")
    # As root of the machine: apt's own user is not known under its number here.
    command = ("sh", "-c", install.replace("-qq", "-qq -o APT::Sandbox::User=root"))
    begun = time.perf_counter()
    subprocess.run([*root, *rights, "--", *command], check=True, capture_output=True)
    taken = time.perf_counter() - begun
    shutil.rmtree(copy.parent)
    return taken
