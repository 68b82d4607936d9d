"""An app's log goes out through a whole server, whatever ends, changes or goes away on the way."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portico.engines.local.process_table.marks import marked
from tests.log_drains.receivers import Posts, Receiver, over_http, over_tcp
from tests.ports import free_port
from tests.servers import Server, started
from tests.waiting import until

SECRET = "s3cr3t-of-a-drain"
APP = """
import itertools, os, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

def count():
    for number in itertools.count(1):
        print("run", os.environ["RUN"], "line", number, flush=True)
        time.sleep(0.02)

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

threading.Thread(target=count, daemon=True).start()
ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""
NUMBERED = re.compile(r"run (\w+) line ([0-9]+)")


@pytest.fixture(scope="module")
def http_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def syslog() -> Iterator[Receiver]:
    with over_tcp() as made:
        yield made


@pytest.fixture(scope="module")
def draining(http_port: int, syslog: Receiver) -> Iterator[Server]:
    """A server whose drains may reach the two receivers."""
    with started() as server:
        reached = [f"127.0.0.1:{port}" for port in (http_port, syslog.port)]
        (server.data / "portico.toml").write_text(f"drains_reach = {reached}\n")
        assert server.cli("server", "restart", "--data", str(server.data)).returncode == 0
        yield server


def typed(server: Server, *words: str) -> str:
    done = server.cli(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def drain(server: Server, app: str, scheme: str) -> dict[str, Any]:
    (found,) = (one for one in server.json("drains", app) if one["address"].startswith(scheme))
    return dict(found)


def without_gap(documents: list[dict[str, Any]], run: str) -> int:
    """The number of the last line; each from the first on has come, some perhaps twice."""
    found = (NUMBERED.fullmatch(one["line"]) for one in documents)
    came = {int(one[2]) for one in found if one and one[1] == run}
    assert came
    assert came == set(range(min(came), max(came) + 1))
    return max(came)


def senders(server: Server) -> list[int]:
    """Their processes, by what they run under."""
    found = marked(server.layout.runtime.name).items()
    return [pid for handle, pids in found if "-logs-" in handle for pid in pids]


def goes_on(posts: Posts, run: str) -> None:
    last = until(lambda: without_gap(posts.documents, run))
    until(lambda: without_gap(posts.documents, run) > last + 20)


def trail(server: Server) -> list[tuple[str, str]]:
    events = server.get("/-/api/v1/events?app=speaker").json()
    return [(one["verb"], one["detail"]) for one in events]


def test_a_log_reaches_its_drains_whatever_happens(
    draining: Server, syslog: Receiver, http_port: int, tmp_path: Path
) -> None:
    server = draining
    for name, text in (
        ("app.py", APP),
        ("Procfile", "web: exec python app.py\n"),
        ("requirements.txt", "# Nothing but Python.\n"),
    ):
        (tmp_path / name).write_text(text)
    typed(server, "apps", "create", "talker")
    typed(server, "config", "talker", "set", "RUN=one")
    typed(server, "deploy", str(tmp_path), "--app", "talker", "--yes")

    # Two are added while it runs; no secret is shown again.
    address = f"http://me:{SECRET}@127.0.0.1:{http_port}/in?token={SECRET}"
    assert server.cli("drains", "talker").stderr == "The log of talker is sent nowhere.\n"
    typed(server, "drains", "talker", "add", f"syslog+tcp://127.0.0.1:{syslog.port}")
    with over_http(port=http_port) as posts:
        said = typed(server, "drains", "talker", "add", address, "--header", f"X-Key: {SECRET}")
        shown = f"http://127.0.0.1:{http_port}/..."
        number = drain(server, "talker", "http")["id"]
        assert said == f"From now on the log of talker is sent to {shown} ({number}).\n"
        until(lambda: drain(server, "talker", "http")["state"] == "delivering")
        until(lambda: drain(server, "talker", "syslog")["state"] == "delivering")
        listed = typed(server, "drains", "talker")
        assert shown in listed
        assert SECRET not in listed + str(server.json("drains", "talker"))
        headers = posts.requests[0][1]
        assert headers["X-Key"] == SECRET
        assert headers["Authorization"].startswith("Basic ")

        # The agent is killed, then the sender; nothing that was written is missing.
        goes_on(posts, "one")
        os.kill(server.pid("agent"), signal.SIGKILL)
        goes_on(posts, "one")
        until(lambda: senders(server))
        os.kill(senders(server)[0], signal.SIGKILL)
        goes_on(posts, "one")

        # Another release, another name.
        typed(server, "config", "talker", "set", "RUN=two")
        goes_on(posts, "two")
        until(lambda: "Portico: v2 serves." in [one["line"] for one in posts.documents])
        typed(server, "apps", "rename", "talker", "speaker")
        until(lambda: "speaker" in {one["app"] for one in posts.documents})
        until(lambda: any(b" speaker web.1 - - run two " in one for one in syslog.messages))

    # One goes away: its state says why, the other one goes on, and later it gets what waited.
    until(lambda: drain(server, "speaker", "http")["state"] == "failing")
    refused = "127.0.0.1 does not answer: Connection refused."
    until(lambda: drain(server, "speaker", "http")["why"] == refused)
    assert f"{number}: {refused}" in server.cli("drains", "speaker").stderr
    assert drain(server, "speaker", "syslog")["state"] == "delivering"
    before = posts.documents
    with over_http(port=http_port) as posts:
        until(lambda: drain(server, "speaker", "http")["state"] == "delivering")
        without_gap(before + posts.documents, "two")
        assert drain(server, "speaker", "http")["lost"] == 0

        # Removed, it gets no line more; nothing of its secrets lies about in clear.
        typed(server, "drains", "speaker", "remove", address)
        assert [one["address"].partition(":")[0] for one in server.json("drains", "speaker")] == [
            "syslog+tcp"
        ]
    for path in (*server.data.glob("web/portico.sqlite3*"), *server.data.glob("logs/*")):
        assert SECRET.encode() not in path.read_bytes()
    assert ("remove drain", f"{number}: {shown}") in trail(server)

    typed(server, "apps", "destroy", "speaker", "--yes")
    until(lambda: not senders(server))
    until(lambda: not list(server.layout.log_drains(1).parent.glob("*.json")))
