"""Logs, one-offs and execs: a client, a real web process and a fake agent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import unix_connect

from tests.control.agent import FakeAgent
from tests.control.calls import followed, live
from tests.control.running import Web


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
