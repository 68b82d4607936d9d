"""A real web process: its two sockets, uploads, deploys, restarts."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import unix_connect

from tests.control.agent import FakeAgent
from tests.control.calls import deploy, entries, followed, live
from tests.control.running import Web, archive, database, poll, web_process


def test_the_routers_socket_serves_nothing_of_the_agents(web: Web) -> None:
    for path in ("/plan", "/report", f"/sources/{'0' * 64}", "/sessions/x"):
        assert web.router.get(path).status_code == 404


def test_the_agents_socket_serves_nothing_else(web: Web) -> None:
    for path in ("/", "/-/ready", "/-/api/v1/", "/-/api/v1/apps"):
        assert web.agent.get(path).status_code == 404


def test_an_upload_becomes_a_live_release(web: Web, agent: FakeAgent) -> None:
    packed = archive(Procfile="web: x", data="1" * 3_000_000)
    answer = deploy(web, "upload", packed, commit="abc123")
    assert answer.status_code == 202
    number = answer.json()["id"]
    told = followed(web, f"/apps/upload/deploys/{number}/log?follow=1")
    assert [entry.get("line") for entry in told] == ["Installing", "Done", None]
    assert {
        k: v for k, v in told[-1]["deploy"].items() if not k.endswith("_at") and k != "seconds"
    } == {
        "id": number,
        "app": "upload",
        "kind": "upload",
        "state": "live",
        "release": 1,
        "commit": "abc123",
        "problem": None,
        "url": "http://portico.example/upload/",
    }
    assert agent.sources == [packed]


def test_following_a_finished_deploy_ends_at_once(web: Web, agent: FakeAgent) -> None:
    number = live(web, "finished")
    told = followed(web, f"/apps/finished/deploys/{number}/log")
    assert told[-1]["deploy"]["state"] == "live"


def test_a_waiting_deploy_says_what_it_waits_for(web: Web, agent: FakeAgent) -> None:
    agent.hold.clear()
    first = deploy(web, "waits").json()["id"]
    second = deploy(web, "waits", archive(Procfile="web: y")).json()["id"]
    with web.router.stream("GET", f"/-/api/v1/apps/waits/deploys/{second}/log?follow=1") as answer:
        lines = entries(answer)
        assert next(lines)["line"] == f"Waiting for deploy {first} to finish."
        third = deploy(web, "waits", archive(Procfile="web: z")).json()["id"]
        end = next(lines)["deploy"]
    agent.hold.set()
    assert end["state"] == "superseded"
    assert end["problem"] == {
        "title": "A newer deploy has taken this one's place.",
        "detail": f"Deploy {third} came in before this one's turn.",
        "hint": f"Follow deploy {third}; it contains the newer state.",
    }
    assert (
        followed(web, f"/apps/waits/deploys/{third}/log?follow=1")[-1]["deploy"]["state"] == "live"
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"PK\x03\x04", "It does not begin like a gzip file."), (b"", "It is empty.")],
)
def test_an_upload_that_is_no_archive_leaves_nothing(web: Web, content: bytes, found: str) -> None:
    answer = web.api("POST", "/apps/nonsense/deploys", params={"create": 1}, content=content)
    assert answer.json() == {
        "status": 400,
        "title": "The source is not an archive.",
        "detail": found,
        "hint": "Send a tar.gz archive, or let portico deploy make it.",
    }
    assert web.api("GET", "/apps/nonsense").status_code == 404
    assert not list((web.data / "web" / "sources" / "incoming").iterdir())


def test_an_upload_without_a_token_is_refused_unread(web: Web) -> None:
    answer = web.api(
        "POST", "/apps/x1/deploys", content=b"", headers={"Authorization": "Bearer no"}
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Portico"'
    assert answer.json() == {
        "status": 401,
        "title": "The request was not accepted.",
        "detail": "The token that came with it is not known here.",
        "hint": "Log in with a token of this server: portico login",
    }


def test_the_waiting_room_is_on_every_path(web: Web) -> None:
    web.api("POST", "/apps", json={"name": "empty"})
    for path in ("/empty/", "/-/api/v1/apps", "/-/git/empty.git/info/refs"):
        answer = web.router.post(path, headers={"x-portico-app": "empty"}, content=b"x" * 1_000_000)
        assert answer.status_code == 503
        assert answer.json()["title"] == "Nothing has been deployed to empty yet."


def test_a_web_socket_in_the_waiting_room_is_refused(web: Web) -> None:
    header = {"x-portico-app": "empty"}
    with pytest.raises(InvalidStatus) as refused:
        unix_connect(
            str(web.runtime / "web" / "web.sock"), "ws://web/empty/ws", additional_headers=header
        )
    assert json.loads(refused.value.response.body or b"") == {
        "status": 503,
        "title": "The app does not answer.",
        "detail": "None of its processes can take a web socket now.",
        "hint": "Connect again in a few seconds.",
    }


def test_a_plan_is_told_as_soon_as_it_changes(web: Web) -> None:
    from tests.control.running import Plan

    plan = Plan(web.client(web.runtime / "agent" / "agent.sock"))
    plan.poll()
    told = threading.Thread(target=plan.poll, args=(20,))
    told.start()
    web.api("POST", "/apps", json={"name": "news"})
    told.join(10)
    assert not told.is_alive()
    assert "news" in [app.name for app in plan.apps.values() if app]
    plan.client.close()


def test_a_report_that_cannot_be_read_is_refused(web: Web) -> None:
    assert web.agent.post("/report", content=b'{"apps": [{"id": 0}]}').status_code == 422


def test_requests_wait_out_a_restart() -> None:
    with web_process() as web:
        assert poll(lambda: web.router.get("/-/ready").status_code == 200)
        web.api("POST", "/apps", json={"name": "kept"})
        assert web.end() == 0
        waiting = threading.Thread(target=lambda: answers.append(web.api("GET", "/apps/kept")))
        answers: list[httpx.Response] = []
        waiting.start()
        web.start()
        waiting.join(20)
        assert answers[0].json()["name"] == "kept"
        assert web.end(signal.SIGKILL) == -signal.SIGKILL
        web.start()
        assert web.api("GET", "/apps/kept").status_code == 200


def test_the_last_request_on_a_kept_connection_is_answered_and_ends_it() -> None:
    with web_process() as web:
        assert web.process is not None
        with http_on(web.runtime / "web" / "web.sock") as connection:
            connection.request("GET", "/-/ready")
            first = connection.getresponse()
            first.read()
            web.process.send_signal(signal.SIGTERM)
            poll(lambda: not accepts(web))
            connection.request("GET", "/-/ready")
            last = connection.getresponse()
            last.read()
        assert (first.status, first.getheader("Connection")) == (200, None)
        assert (last.status, last.getheader("Connection")) == (200, "close")
        assert web.process.wait(20) == 0


def test_a_followed_log_does_not_keep_web_from_ending() -> None:
    with web_process() as web:
        number = deploy(web, "endless").json()["id"]
        with web.router.stream(
            "GET", f"/-/api/v1/apps/endless/deploys/{number}/log?follow=1"
        ) as answer:
            assert answer.status_code == 200
            assert web.end() == 0
            assert not [line for line in answer.iter_lines() if line]


def test_a_source_that_is_too_large_is_refused() -> None:
    with web_process(PORTICO_MAX_SOURCE_BYTES="1000") as web:
        for content in (b"\x1f\x8b" + b"x" * 2000, iter([b"\x1f\x8b", b"x" * 2000])):
            answer = web.api("POST", "/apps/large/deploys", params={"create": 1}, content=content)
            assert answer.json() == {
                "status": 413,
                "title": "The source is too large.",
                "detail": "At most 1000 bytes are taken.",
                "hint": "Leave out what the app does not need, for example with a .gitignore file.",
            }
        assert not list((web.data / "web" / "sources" / "incoming").iterdir())
        assert web.api("GET", "/apps").json() == []


def test_a_body_beyond_the_limit_is_refused_before_anybody_asks_for_a_token(web: Web) -> None:
    pieces = (b" " * 100_000 for _ in range(100))
    with web.client(web.runtime / "web" / "web.sock") as stranger:
        answer = stranger.post("/-/api/v1/apps", content=pieces)
    assert answer.json() == {
        "status": 413,
        "title": "The request is too large.",
        "detail": "At most 2621440 bytes are taken.",
        "hint": "Send less at once; archives alone may be larger.",
    }


def test_several_processes_may_bring_one_database_up_to_date(tmp_path: Path) -> None:
    with database() as variables:
        web = Web(tmp_path, variables)
        command = [sys.executable, "-m", "portico.control", "migrate"]
        try:
            started = [subprocess.Popen(command, env=web.environment) for _ in range(3)]
            assert [process.wait(60) for process in started] == [0, 0, 0]
        finally:
            web.close()


@contextlib.contextmanager
def http_on(path: Path) -> Iterator[http.client.HTTPConnection]:
    """One connection to a unix socket."""
    connection = http.client.HTTPConnection("portico.example", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))
    with contextlib.closing(connection):
        yield connection


def accepts(web: Web) -> bool:
    """Whether web itself still listens: it holds the socket until it leaves."""
    assert web.process is not None
    inodes = {os.fstat(held.fileno()).st_ino for held in web.sockets.values()}
    held = set()
    for link in Path(f"/proc/{web.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            held.add(link.stat().st_ino)
    return bool(inodes & held)
