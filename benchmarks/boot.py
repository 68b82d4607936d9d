"""A boot with many apps: when all of them answer, and whether the platform does meanwhile."""

from __future__ import annotations

import contextlib
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import urlopen

from benchmarks.processes import asking, deploy, source
from benchmarks.results import Figure
from benchmarks.server import Server
from portico.client import Client

APPS = 100
PAUSE = 0.2  # between the questions to those that do not answer yet
PROGRAM = """
import http.server, os

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ready")

http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer).serve_forever()
"""


def figures(server: Server, apps: int = APPS) -> list[Figure]:
    """All processes of a server with as many apps are killed, as by a reboot; then it starts."""
    names = [f"boot-{number + 1}" for number in range(apps)]
    with contextlib.closing(Client(server.url, server.token, timeout=120)) as client:
        archive = source({"Procfile": "web: exec python3 app.py\n", "app.py": PROGRAM})
        deploy(client, names, archive)
        for name in names:
            client.change_access(name, {"access": "public"})
    _until_all_answer(server, names)
    began = time.perf_counter()
    server.reboot()
    started = time.perf_counter()
    with asking(f"{server.url}/-/accounts/login/") as answers:
        _until_all_answer(server, names)
    seconds = time.perf_counter() - started
    slowest = f"slowest {max(answers) * 1000:.0f} ms of {len(answers)}"
    return [
        Figure(f"boot: all of {apps} apps answer after the server is ready", seconds, "s",
               beside=f"the server itself {started - began:.1f} s"),
        Figure("sign-in page meanwhile", statistics.median(answers) * 1000, "ms", beside=slowest),
    ]  # fmt: skip


def _until_all_answer(server: Server, names: list[str]) -> None:
    silent, deadline = names, time.monotonic() + 600
    with ThreadPoolExecutor(2) as pool:
        while silent:
            if time.monotonic() > deadline:
                raise SystemExit(f"These never answered: {', '.join(silent)}")
            answer = pool.map(lambda name: _answers(f"{server.url}/{name}/"), silent)
            silent = [name for name, answers in zip(silent, answer, strict=True) if not answers]
            time.sleep(PAUSE)


def _answers(address: str) -> bool:
    """Not the waiting room for it."""
    with contextlib.suppress(HTTPError), urlopen(address, timeout=30) as answer:
        return bool(answer.status == HTTPStatus.OK and answer.read() == b"ready")
    return False
