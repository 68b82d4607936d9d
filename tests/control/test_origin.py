"""From where: each way into web, by a real process; addresses are those that the router says."""

from __future__ import annotations

from typing import Any

from portico.control import origin
from portico.control.origin import Origin
from tests.control.agent import FakeAgent
from tests.control.calls import live
from tests.control.git.author import Author
from tests.control.git.conftest import author as author
from tests.control.running import Web
from tests.signing_in import session_key

FROM = {"X-Forwarded-For": "192.0.2.7"}


def events(web: Web, **query: str) -> list[tuple[Any, ...]]:
    found = web.api("GET", "/events", params=query).json()
    return [(one["verb"], one["address"], one["way"]) for one in found]


def test_a_call_has_its_address_and_the_name_of_its_token(web: Web) -> None:
    web.api("POST", "/apps", json={"name": "called"}, headers=FROM)
    assert events(web, app="called") == [("create", "192.0.2.7", "token first token")]
    assert events(web, app="called", origin="192.0.2.7") == events(web, app="called")
    assert events(web, app="called", origin="git") == []


def test_an_upload_has_them_too_and_its_end_is_the_servers(web: Web, agent: FakeAgent) -> None:
    web.router.headers.update(FROM)
    live(web, "uploaded")
    del web.router.headers["X-Forwarded-For"]
    assert events(web, app="uploaded") == [
        ("live", "", "server"),
        ("upload", "192.0.2.7", "token first token"),
        ("create", "192.0.2.7", "token first token"),
    ]


def test_a_push_is_of_who_pushes_and_not_of_its_hook(
    web: Web, agent: FakeAgent, author: Author
) -> None:
    author.commit(Procfile="web: x")
    author.git("config", "http.extraHeader", "X-Forwarded-For: 192.0.2.8")
    author.push("pushed-from")
    assert ("push", "192.0.2.8", "git, token first token") in events(web, app="pushed-from")


def test_a_browser_is_told_from_a_token(web: Web) -> None:
    cookie = f"portico_session={session_key(web.environment, 'admin')}"
    page = web.client(web.runtime / "web" / "web.sock")
    page.headers.update({**FROM, "Cookie": cookie})
    token = page.get("/-/admin/groups/").text.partition('name="csrfmiddlewaretoken" value="')[2]
    form = {"do": "add", "name": "by-browser", "csrfmiddlewaretoken": token.partition('"')[0]}
    page.headers["Cookie"] += f"; portico_csrf={page.cookies['portico_csrf']}"
    assert page.post("/-/admin/groups/", data=form).status_code == 302
    assert events(web, verb="add group") == [("add group", "192.0.2.7", "browser")]
    page.close()


def test_the_rest_is_of_the_server_itself() -> None:
    origin.found("token of nobody", "192.0.2.9")
    assert origin.current() == Origin("", "server")
