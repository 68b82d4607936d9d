from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import Client

from portico.control.models import App, Deploy
from portico.control.pages import static, waiting_room
from portico.control.streams.exchange import Request
from portico.settings import Settings
from tests.control.conftest import HTML
from tests.control.reporting import go_live, process, tell

Upload = Callable[..., Deploy]


def test_the_style_sheet_comes_from_memory(stranger: Client) -> None:
    answer = stranger.get("/-/static/portico/style.css")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/css")
    for name, status in {"portico/nothing.css": 404, "portico": 404, "../settings.py": 400}.items():
        assert stranger.get(f"/-/static/{name}").status_code == status


def test_static_files_are_compressed_for_who_takes_that(stranger: Client) -> None:
    headers = {"Accept-Encoding": "gzip"}
    packed = stranger.get("/-/static/portico/style.css", headers=headers)
    plain = stranger.get("/-/static/portico/style.css")
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    font = stranger.get("/-/static/portico/vendor/geist-5.3.0/geist.woff2", headers=headers)
    assert (font["Content-Type"], "Content-Encoding" in font) == ("font/woff2", False)


def test_an_address_with_a_version_is_kept_for_a_year(stranger: Client, settings: Any) -> None:
    versioned = static.url("portico/style.css")
    assert re.fullmatch(r"/-/static/portico/style\.css\?v=[0-9a-f]{12}", versioned)
    assert stranger.get(versioned)["Cache-Control"] == "public, max-age=31536000"
    assert stranger.get("/-/static/portico/style.css")["Cache-Control"] == "public, max-age=3600"
    settings.PORTICO = Settings(
        data=settings.PORTICO.data, url="https://portico.example", apps_host="apps.example"
    )
    assert static.url("portico/style.css") == f"https://portico.example{versioned}"


def test_every_vendored_folder_has_its_licence() -> None:
    folders = list((Path(static.__file__).parents[1] / "static/portico/vendor").iterdir())
    assert len(folders) == 4
    for folder in folders:
        assert re.search(r"-\d+(\.\d+)+$", folder.name)
        assert (folder / "LICENSE").stat().st_size > 500


def test_health_needs_no_database(stranger: Client) -> None:
    assert stranger.get("/-/health").content == b"alive\n"


def test_ready_asks_the_database(stranger: Client, db: None) -> None:
    assert stranger.get("/-/ready").content == b"ready\n"


def test_an_unknown_app_is_a_page_to_browsers_and_a_problem_to_programs(stranger: Client) -> None:
    page = stranger.get("/unknown-app/", headers=HTML)
    assert page.status_code == 404
    assert "There is no app at this address." in page.content.decode()
    assert stranger.get("/unknown-app/").json() == {
        "status": 404,
        "title": "There is no app at this address.",
        "detail": "The path was /unknown-app/.",
        "hint": "Correct the name in the address, or choose an app on the first page. If somebody "
        "gave you the address, ask them to share the app with you: who may not open an app does not "
        "find it.",
    }


def situation(name: str) -> waiting_room.Situation:
    return waiting_room.situation_of(name, waiting_room._facts(name))


def test_nothing_deployed_yet(app: App) -> None:
    assert str(situation("polls").error) == (
        "Nothing has been deployed to polls yet.\n"
        "The app has been made, but it has no release.\n"
        "Its owner brings it here, from its folder: portico deploy --app polls"
    )


def test_the_first_deploy(app: App, upload: Upload) -> None:
    upload()
    assert str(situation("polls").error) == (
        "polls is being deployed for the first time.\n"
        "Its first release is on the way.\n"
        "This page looks again by itself."
    )


def test_scaled_to_zero(app: App, upload: Upload, alice: User) -> None:
    go_live(upload())
    app.scale({"web": 0}, alice)
    assert str(situation("polls").error) == (
        "polls is stopped.\n"
        "It is scaled to zero web processes.\n"
        "Its owner starts it: portico scale polls web=1"
    )


def test_no_web_process(app: App, upload: Upload) -> None:
    go_live(upload(), processes={"worker": "x"})
    assert str(situation("polls").error) == (
        "polls has nothing that answers here.\n"
        "Its Procfile has no web process.\n"
        "Add a line `web: COMMAND` to the Procfile and deploy again."
    )


def test_crashed(app: App, upload: Upload) -> None:
    go_live(upload())
    tell(
        app, processes=(process("web.1", "crashed", last_exit="exited with 1"), process("worker.1"))
    )
    assert str(situation("polls").error) == (
        "polls has crashed.\n"
        "Its web process ends again and again. Last time it exited with 1.\n"
        "Its owner sees why: portico logs polls"
    )


def test_starting(app: App, upload: Upload, django_assert_num_queries: Any) -> None:
    go_live(upload())
    tell(app, processes=(process("web.1", "starting"),))
    with django_assert_num_queries(1):
        found = situation("polls")
    assert found.again == 2
    assert str(found.error) == (
        "polls is starting.\nIts web process does not answer yet.\nThis page looks again by itself."
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "STRANGE"])
def test_the_waiting_room_answers_whatever_is_asked(app: App, method: str) -> None:
    status, headers, body = waited(method, "text/html")
    assert (status, headers["retry-after"], headers["cache-control"]) == (503, "15", "no-store")
    if method == "HEAD":
        assert body == b""
    else:
        assert b'<meta http-equiv="refresh" content="15">' in body
        assert b"portico deploy --app polls" in body


@pytest.mark.django_db(transaction=True)
def test_the_waiting_room_speaks_to_programs(app: App) -> None:
    status, headers, body = waited("GET", "*/*")
    assert (status, headers["content-type"]) == (503, "application/problem+json")
    assert json.loads(body)["title"] == "Nothing has been deployed to polls yet."


def waited(method: str, accept: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer of the waiting room."""
    headers = [(b"x-portico-app", b"polls"), (b"accept", accept.encode())]
    scope = {
        "type": "http",
        "method": method,
        "path": "/polls/x",
        "headers": headers,
        "query_string": b"",
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("the body is nobody's business")

    async_to_sync(waiting_room.answer)(Request(scope, receive), send)
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], names, sent[1]["body"]
