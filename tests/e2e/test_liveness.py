"""A process that hangs is replaced while it serves."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from portico.client.api import Client
from tests.e2e.load import load
from tests.servers import Server
from tests.waiting import until

APP = """
import os, pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        ill = self.path.endswith("/live") and pathlib.Path("/tmp/ill").exists()
        self.send_response(503 if ill else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""
CHECK = {"type": "liveness", "path": "/live", "wait": 1, "attempts": 2}
WORDS = "failed its liveness check 2 times in a row: asked for /live, it answered 503."


def test_a_process_that_fails_its_check_is_replaced_and_no_request_fails(
    server: Server, tmp_path: Path
) -> None:
    for name, text in (
        ("app.py", APP),
        ("Procfile", "web: exec python app.py\n"),
        ("requirements.txt", "# Nothing but Python.\n"),
        ("app.json", json.dumps({"healthchecks": {"web": [CHECK]}})),
    ):
        (tmp_path / name).write_text(text)
    done = server.cli("deploy", str(tmp_path), "--app", "sickly", "--yes")
    assert done.returncode == 0, done.stderr
    server.open_to_all("sickly")
    (first,) = server.json("ps", "sickly")
    with (
        closing(Client(server.url, server.token)) as client,
        load(f"{server.url}/sickly/") as viewers,
    ):
        server.cli("exec", "sickly", "--", "touch", "/tmp/ill")

        def replaced() -> bool:
            processes = client.processes("sickly")
            return len(processes) == 1 and processes[0].pid != first["pid"]

        until(replaced)
    (now,) = server.json("ps", "sickly")
    assert viewers.failed == []
    assert (now["state"], now["restarts"], now["last_exit"]) == ("running", 1, WORDS)
    said = server.cli("logs", "sickly").stdout
    assert f"Portico: web.1 {WORDS} Another process takes its place." in said
    server.cli("apps", "destroy", "sickly", "--yes")
