"""Every call of docs/api.md that Django answers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portico.control.api.api import api
from portico.control.figures.history import History
from portico.control.figures.latest import latest
from portico.control.models import App, Deploy, Favourite
from portico.figures import BOUNDS, AppFigures, Figures, ProcessFigures, Requests
from tests.control.reporting import go_live, process, tell

Upload = Callable[..., Deploy]
API = "/-/api/v1"


@pytest.fixture
def released(app: App, upload: Upload) -> App:
    go_live(upload(commit="abc"))
    return App.named("polls")


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(method, f"{API}{path}", _json(body), content_type="application/json")


def _json(body: Any) -> str:
    return "" if body is None else json.dumps(body)


def test_the_root_needs_no_token(stranger: Client) -> None:
    assert stranger.get(f"{API}/").json() == {"name": "Portico", "version": "0.1.0", "api": "v1"}


def test_everything_else_does(stranger: Client) -> None:
    answer = stranger.get(f"{API}/apps")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="Portico"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "status": 401,
        "title": "The request was not accepted.",
        "detail": "No token came with it.",
        "hint": "Log in with a token of this server: portico login",
    }


def test_a_token_of_a_user_who_left_is_refused(client: Client, alice: User) -> None:
    alice.is_active = False
    alice.save()
    assert client.get(f"{API}/apps").status_code == 401


def test_whoami(client: Client) -> None:
    assert client.get(f"{API}/whoami").json() == {
        "user": "alice",
        "role": "author",
        "token": "laptop",
        "app": None,
        "read_only": False,
        "metrics": False,
        "expires_at": None,
    }


def test_an_app_from_its_making_to_its_end(client: Client) -> None:
    made = send(client, "POST", "/apps", {"name": "polls"})
    assert made.status_code == 201
    document = made.json()
    assert document.pop("created_at")
    assert document == {
        "name": "polls",
        "url": "http://portico.example/polls/",
        "git_url": "http://portico.example/-/git/polls.git",
        "state": "new",
        "release": None,
        "problem": None,
        "path_mode": None,
        "processes": {},
        "formation": {},
        "access": "restricted",
        "owner": "alice",
        "old_names": [],
        "settings": dict.fromkeys(
            (
                "path_mode",
                "health_path",
                "timeout",
                "idle_timeout",
                "max_request_bytes",
                "ready_seconds",
                "drain_seconds",
            )
        ),
        "card": {
            "title": None,
            "description": None,
            "tags": [],
            "rank": None,
            "listed": False,
            "picture": None,
        },
        "requests": {"minutes": 5, "answers": 0, "errors": 0, "median": None, "p95": None},
    }
    changed = send(client, "PATCH", "/apps/polls", {"name": "voting", "timeout": 5}).json()
    assert (changed["name"], changed["settings"]["timeout"]) == ("voting", 5)
    assert (
        send(client, "PATCH", "/apps/voting", {"timeout": None}).json()["settings"]["timeout"]
        is None
    )
    assert [one["name"] for one in client.get(f"{API}/apps").json()] == ["voting"]
    assert send(client, "DELETE", "/apps/voting").status_code == 204
    assert client.get(f"{API}/apps/voting").status_code == 404


def test_an_app_is_given_to_somebody_else(client: Client, app: App, bob: User) -> None:
    assert send(client, "PATCH", "/apps/polls", {"owner": "bob"}).json()["owner"] == "bob"
    refused = send(client, "PATCH", "/apps/polls", {"owner": "alice"})
    assert (refused.status_code, refused.json()["title"]) == (
        403,
        "You may not rename, destroy or choose the co-owners of polls.",
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"title": " "}, "title: String should match pattern"),
        ({"title": "a\nb"}, "title: String should match pattern"),
        ({"title": "x" * 81}, "title: String should have at most 80 characters"),
        ({"description": "a\0"}, "description: String should match pattern"),
        ({"tags": ["a"] * 11}, "tags: List should have at most 10 items"),
        ({"tags": [""]}, "tags.0: String should match pattern"),
        ({"rank": 0}, "rank: Input should be greater than or equal to 1"),
    ],
)
def test_a_card_has_bounds(client: Client, app: App, changes: Any, found: str) -> None:
    answer = send(client, "PATCH", "/apps/polls", changes)
    assert answer.status_code == 422
    assert found in answer.json()["detail"]


def test_a_favourite_is_the_callers_own(client: Client, app: App, alice: User) -> None:
    for _ in range(2):  # saying it again changes nothing
        assert client.put(f"{API}/apps/polls/favourite").status_code == 204
    assert [one.user for one in Favourite.objects.all()] == [alice]
    assert client.delete(f"{API}/apps/polls/favourite").status_code == 204
    assert not Favourite.objects.exists()


def test_a_change_that_fails_changes_nothing(client: Client, app: App) -> None:
    App.create("taken", app.owner)  # type: ignore[arg-type]
    answer = send(client, "PATCH", "/apps/polls", {"name": "taken", "timeout": 5})
    assert answer.status_code == 409
    app.refresh_from_db()
    assert (app.name, app.timeout) == ("polls", None)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, "name: Field required."),
        ({"name": 1}, "name: Input should be a valid string."),
        ({"name": "polls", "colour": "red"}, "colour: Extra inputs are not permitted."),
    ],
)
def test_a_body_that_is_not_understood(client: Client, body: Any, found: str) -> None:
    answer = send(client, "POST", "/apps", body)
    assert answer.json() == {
        "status": 422,
        "title": "The request was not understood.",
        "detail": found,
        "hint": "Correct what is named; /-/api/v1/docs shows what each call takes.",
    }


def test_a_body_that_is_no_json(client: Client) -> None:
    answer = client.generic("POST", f"{API}/apps", "{", content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["title"] == "The request was not understood."


def test_a_path_that_is_not_there(client: Client) -> None:
    assert client.get(f"{API}/nothing").json() == {
        "status": 404,
        "title": "There is nothing at this address.",
        "detail": "The path was /-/api/v1/nothing.",
        "hint": "See what the API offers: /-/api/v1/docs",
    }


def test_deploys(client: Client, released: App) -> None:
    [deploy] = client.get(f"{API}/apps/polls/deploys").json()
    assert (deploy["state"], deploy["release"], deploy["kind"]) == ("live", 1, "upload")
    assert client.get(f"{API}/apps/polls/deploys/{deploy['id']}").json() == deploy
    assert client.get(f"{API}/apps/polls/deploys/4711").json() == {
        "status": 404,
        "title": "There is no deploy 4711 of polls.",
        "detail": "The app has no deploy with this number.",
        "hint": "See its releases: portico releases polls",
    }


def test_cancelling(client: Client, app: App, upload: Upload) -> None:
    deploy = upload()
    answer = send(client, "DELETE", f"/apps/polls/deploys/{deploy.pk}")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    deploy.refresh_from_db()
    assert deploy.cancel


def test_processes(client: Client, released: App) -> None:
    web = process("web.1", pid=7, address="10.0.0.1", port=8000, handle="7-web.1-a")
    tell(released, processes=(web,))
    used = ProcessFigures(handle="7-web.1-a", name="web.1", cpu=0.5, memory=1 << 20)
    latest.take(Figures(time=1, apps=(AppFigures(id=released.pk, processes=(used,)),)))
    assert client.get(f"{API}/apps/polls/processes").json() == [
        {
            "name": "web.1",
            "state": "running",
            "pid": 7,
            "address": "10.0.0.1",
            "port": 8000,
            "release": 1,
            "restarts": 0,
            "since": "1970-01-01T00:00:01.500Z",
            "last_exit": None,
            "command": "gunicorn site.wsgi",
            "cpu": 0.5,
            "memory": 1 << 20,
            "memory_limit": None,
        }
    ]


def test_figures(client: Client, released: App, monkeypatch: pytest.MonkeyPatch) -> None:
    history, now = History(), time.time() // 300 * 300 + 100.0  # in the middle of a step
    monkeypatch.setattr("portico.control.api.figures.history", history)
    web = ProcessFigures(handle="h1", name="web.1", cpu=0.123456, memory=1 << 20)
    told = Figures(
        time=now - 10, platform=Requests(), apps=(AppFigures(id=released.pk, processes=(web,)),)
    )
    history.take(told, {})
    fast = Requests(answers=(0, 9, 0, 0, 1), took=(10, *[0] * len(BOUNDS)))
    history.take(told.model_copy(update={"time": now}), {released.pk: fast})
    answer = client.get(f"{API}/apps/polls/figures?range=day&since={now}").json()
    rates = answer.pop("requests"), answer.pop("errors")
    assert rates == ([pytest.approx(10 / 11, 1e-3)], [pytest.approx(1 / 11, 1e-3)])
    start = datetime.fromtimestamp(now // 300 * 300, UTC)
    assert {**answer, "start": datetime.fromisoformat(answer["start"])} == {
        "range": "day",
        "start": start,
        "step": 300,
        "count": 1,
        "latency": {"median": [0.0025], "p95": [0.0047]},
        "processes": {"web": {"cpu": [0.1235], "memory": [1 << 20], "memory_limit": 1 << 30}},
    }
    whole = client.get(f"{API}/apps/polls/figures").json()
    assert (whole["range"], whole["step"], whole["count"]) == ("hour", 10, 360)
    assert len(whole["processes"]["web"]["cpu"]) == 360


@pytest.mark.parametrize("query", ["range=year", "since=yesterday", "since=2026-01-01T00:00:00"])
def test_figures_of_no_time_are_refused(client: Client, app: App, query: str) -> None:
    assert client.get(f"{API}/apps/polls/figures?{query}").status_code == 422


def test_figures_are_for_who_may_look_into_the_app(stranger: Client, app: App, bob: User) -> None:
    assert stranger.get(f"{API}/apps/polls/figures").status_code == 401
    stranger.force_login(bob)
    assert stranger.get(f"{API}/apps/polls/figures").status_code == 404


def test_formation_and_restart(client: Client, released: App) -> None:
    assert client.get(f"{API}/apps/polls/formation").json() == {"web": 1, "worker": 0}
    assert send(client, "PATCH", "/apps/polls/formation", {"worker": 2}).json() == {
        "web": 1,
        "worker": 2,
    }
    assert send(client, "PATCH", "/apps/polls/formation", {"web": "2"}).status_code == 422
    assert send(client, "POST", "/apps/polls/restarts").json() == {"generation": 2}


def test_config(client: Client, released: App) -> None:
    answer = send(client, "PATCH", "/apps/polls/config", {"A": "1", "B": None})
    assert answer.status_code == 202
    assert answer.json()["config"] == {"A": "1"}
    assert answer.json()["deploy"]["kind"] == "config"
    assert client.get(f"{API}/apps/polls/config").json() == {"A": "1"}


def test_secret_config(client: Client, app: App) -> None:
    send(client, "PATCH", "/apps/polls/config", {"TOKEN": "1", "A": "2"})
    assert client.get(f"{API}/apps/polls/config/secrets").json() == ["TOKEN"]
    send(client, "PATCH", "/apps/polls/config?secret=true", {"A": "2"})
    assert client.get(f"{API}/apps/polls/config/secrets").json() == ["A", "TOKEN"]


def test_config_before_anything_is_released(client: Client, app: App) -> None:
    assert send(client, "PATCH", "/apps/polls/config", {"A": "1"}).json() == {
        "config": {"A": "1"},
        "deploy": None,
    }


def test_releases_and_rollback(client: Client, released: App, upload: Upload) -> None:
    go_live(upload(b"two"))
    newest, oldest = client.get(f"{API}/apps/polls/releases").json()
    assert (newest["version"], newest["state"]) == (2, "live")
    assert oldest.pop("created_at")
    assert oldest == {
        "version": 1,
        "state": "retired",
        "commit": "abc",
        "created_by": "alice",
        "description": "Deployed abc",
        "path_mode": None,
        "processes": {"web": "gunicorn site.wsgi", "worker": "python work.py"},
    }
    answer = send(client, "POST", "/apps/polls/releases", {"rollback_to": 1})
    assert (answer.status_code, answer.json()["release"]) == (202, 3)


def test_a_session_needs_a_release(client: Client, app: App) -> None:
    answer = send(client, "POST", "/apps/polls/sessions", {"kind": "run", "command": ["ls"]})
    assert answer.json()["title"] == "polls cannot be entered."


def test_a_session_is_booked(client: Client, released: App) -> None:
    answer = send(
        client, "POST", "/apps/polls/sessions", {"kind": "run", "command": ["ls"], "tty": True}
    )
    assert answer.status_code == 201
    document = answer.json()
    assert document["path"] == f"{API}/apps/polls/sessions/{document['id']}"


def test_events(client: Client, released: App) -> None:
    verbs = [one["verb"] for one in client.get(f"{API}/events?app=polls").json()]
    assert verbs == ["live", "upload", "create"]
    assert len(client.get(f"{API}/events?limit=1").json()) == 1


def test_the_openapi_document_and_the_written_one_name_the_same_calls() -> None:
    paths = api.get_openapi_schema()["paths"]
    known = {
        (method.upper(), path.removeprefix(API)) for path, of in paths.items() for method in of
    }
    text = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    named = set()
    for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE):
        path = re.search(r" (/[^?`]*)", row)
        assert path is not None
        methods = re.findall(r"\b(GET|POST|PATCH|DELETE|PUT)\b", row)
        named |= {(method, path[1].replace("{id}", "{deploy}")) for method in methods}
    assert known - named == {("GET", "/apps/{app}/sessions/{session}")}
    assert named <= known


def test_the_docs_page_needs_nothing_from_elsewhere(stranger: Client) -> None:
    page = stranger.get(f"{API}/docs")
    assert page.status_code == 200
    scripts = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert scripts
    for address in scripts:
        assert address.startswith(("/", "data:"))
        if address.startswith("/"):
            assert stranger.get(address).status_code == 200


@pytest.mark.parametrize("change", [{"command": ["ls", "a\0b"]}, {"term": "x\ny"}])
def test_a_session_that_no_process_could_have_is_refused(
    client: Client, released: App, change: dict[str, Any]
) -> None:
    order = {"kind": "run", "command": ["ls"], **change}
    assert send(client, "POST", "/apps/polls/sessions", order).status_code == 422
