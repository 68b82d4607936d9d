"""A real web process: its two sockets, uploads, logs, sessions, restarts."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import unix_connect

from tests.control.agent import FakeAgent
from tests.control.running import DEADLINE, Web, archive, poll, web_process


def deploy(web: Web, app: str, content: bytes = b"", **params: Any) -> httpx.Response:
    content = content or archive(Procfile="web: x")
    return web.api("POST", f"/apps/{app}/deploys", params={"create": 1, **params}, content=content)


def followed(web: Web, path: str) -> list[dict[str, Any]]:
    with web.router.stream("GET", f"/-/api/v1{path}") as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "application/x-ndjson"
        return list(entries(answer))


def entries(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """Empty lines come for as long as it takes, so there is a deadline beside them."""
    end = time.monotonic() + DEADLINE
    for line in answer.iter_lines():
        assert time.monotonic() < end, "the log did not end in time"
        if line:
            yield json.loads(line)


def live(web: Web, app: str) -> int:
    """Deploy and wait; the deploy's id."""
    number = deploy(web, app).json()["id"]
    assert (
        followed(web, f"/apps/{app}/deploys/{number}/log?follow=1")[-1]["deploy"]["state"] == "live"
    )
    return number


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


def test_the_log_of_an_app_without_an_agent_is_an_answer_not_a_silence(web: Web) -> None:
    web.api("POST", "/apps", json={"name": "lonely"})
    answer = web.api("GET", "/apps/lonely/logs")
    assert answer.json() == {
        "status": 503,
        "title": "The agent does not answer.",
        "detail": "It was asked 10 seconds ago and has not connected.",
        "hint": "Try again; if it stays so, look at `portico server status` on the server.",
    }


def test_the_log_of_an_app(web: Web, agent: FakeAgent) -> None:
    web.api("POST", "/apps", json={"name": "talks"})
    agent.lines = ["hello", "wörld"]
    told = followed(web, "/apps/talks/logs?lines=5")
    assert [(entry["process"], entry["line"]) for entry in told] == [
        ("web.1", "hello"),
        ("web.1", "wörld"),
    ]


def test_a_followed_log_survives_the_agents_connection(web: Web, agent: FakeAgent) -> None:
    web.api("POST", "/apps", json={"name": "breaks"})
    connections: list[Any] = []
    original = agent._talk

    def breaking(session: Any, connection: Any) -> None:
        connections.append(connection)
        if len(connections) == 1:
            agent.lines = ["first"]
            agent.hold.set()
            moment = "2026-01-01T00:00:00.000000Z"
            connection.send(json.dumps({"time": moment, "process": "web.1", "line": "first"}))
            return  # without an end
        agent.lines = ["first", "second"]
        original(session, connection)

    agent._talk = breaking  # type: ignore[method-assign]
    told = followed(web, "/apps/breaks/logs?follow=1")
    assert [entry["line"] for entry in told] == ["first", "second"]


def test_a_one_off_is_carried_both_ways(web: Web, agent: FakeAgent) -> None:
    live(web, "oneoff")
    path = web.api(
        "POST", "/apps/oneoff/sessions", json={"kind": "run", "command": ["cat"]}
    ).json()["path"]
    header = {"Authorization": web.router.headers["Authorization"]}
    socket = str(web.runtime / "web" / "web.sock")
    with unix_connect(
        socket, f"ws://web{path}", additional_headers=header, max_size=None
    ) as joined:
        joined.send(b"x" * 1_000_000)
        assert joined.recv(timeout=20) == b"\x01" + b"x" * 1_000_000
        joined.send(b"")
        assert json.loads(joined.recv(timeout=20)) == {"exit": 7}
        with pytest.raises(ConnectionClosed) as end:
            joined.recv(timeout=20)
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 1000
    with pytest.raises(InvalidStatus) as refused:
        unix_connect(socket, f"ws://web{path}", additional_headers=header)
    assert json.loads(refused.value.response.body or b"") == {
        "status": 404,
        "title": "There is no such session.",
        "detail": "It has ended, or somebody has taken it already.",
        "hint": "Run the command again.",
    }


def test_a_session_wants_a_token(web: Web) -> None:
    with pytest.raises(InvalidStatus) as refused:
        unix_connect(
            str(web.runtime / "web" / "web.sock"), "ws://web/-/api/v1/apps/x1/sessions/abc"
        )
    assert refused.value.response.status_code == 401


def test_a_command_whose_agent_breaks_ends_with_a_problem(web: Web, agent: FakeAgent) -> None:
    live(web, "broken")
    agent._talk = lambda *_: None  # type: ignore[method-assign]
    path = web.api(
        "POST", "/apps/broken/sessions", json={"kind": "run", "command": ["cat"]}
    ).json()["path"]
    header = {"Authorization": web.router.headers["Authorization"]}
    with unix_connect(
        str(web.runtime / "web" / "web.sock"), f"ws://web{path}", additional_headers=header
    ) as joined:
        assert json.loads(joined.recv(timeout=20)) == {
            "problem": {
                "title": "The connection to the command was lost.",
                "detail": "The agent's end broke before the command had ended; the command is ended too.",
                "hint": "Run it again.",
            }
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
