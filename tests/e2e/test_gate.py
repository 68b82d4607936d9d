"""The gate as people meet it: from a deploy to somebody who signs in and comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browsing import browser, context  # noqa: F401 - fixtures
from tests.e2e.people import choose_password, sign_in
from tests.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.registry]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fastapi-websocket"
APP = "closed-talk"
CLOCK = re.compile(r"\d\d:\d\d:\d\d")


@pytest.fixture(scope="module")
def served(server: Server) -> Iterator[Server]:
    assert server.cli("deploy", str(EXAMPLE), "--app", APP, "--yes").returncode == 0
    for name in ("gwen", "otto"):
        assert server.cli("people", "add", name).returncode == 0
    assert server.cli("access", APP, "--viewer", "gwen").returncode == 0
    yield server
    server.cli("apps", "destroy", APP, "--yes")
    for name in ("gwen", "otto"):
        server.cli("people", "remove", name, "--yes")


def test_a_viewer_signs_in_and_is_where_they_wanted_to_be(
    served: Server,
    context: BrowserContext,  # noqa: F811
) -> None:
    page = context.new_page()
    choose_password(served, page, "gwen")
    page.goto(f"{served.url}/{APP}/?from=mail")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "gwen")
    expect(page).to_have_url(f"{served.url}/{APP}/?from=mail")
    # Its event stream and its web socket pass the gate with the page's cookies.
    expect(page.locator("#clock")).to_have_text(CLOCK)
    page.get_by_label("Message").fill("Good morning")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#said li")).to_have_text(["Good morning"])
    seen = {cookie["name"]: cookie for cookie in page.context.cookies()}
    for name, path in (
        ("portico_session", "/-/"),
        ("portico_viewer", f"/{APP}/"),
        ("portico_app", f"/{APP}/"),
    ):
        assert (seen[name]["path"], seen[name]["httpOnly"]) == (path, True)

    assert served.cli("access", APP, "--remove", "gwen").returncode == 0
    page.context.clear_cookies(name="portico_app")  # it would end by itself, within 30 s
    page.goto(f"{served.url}/{APP}/")
    expect(page.get_by_role("heading")).to_have_text("There is no app at this address.")


def test_who_may_not_open_it_learns_nothing(
    served: Server,
    context: BrowserContext,  # noqa: F811
) -> None:
    page = context.new_page()
    choose_password(served, page, "otto")
    texts = []
    for name in (APP, "no-such-app"):
        page.context.clear_cookies()
        page.goto(f"{served.url}/{name}/")
        sign_in(page, "otto")
        expect(page.get_by_role("heading")).to_have_text("There is no app at this address.")
        texts.append(page.locator("main").inner_text().replace(name, "NAME"))
    assert texts[0] == texts[1]


def test_scripts_need_a_token_for_pages_and_web_sockets(served: Server) -> None:
    assert httpx.get(f"{served.url}/{APP}/").status_code == 401
    assert served.get(f"/{APP}/").status_code == 200
    address = f"{served.url.replace('http', 'ws')}/{APP}/chat"
    with pytest.raises(InvalidStatus) as refused:
        connect(address)
    assert refused.value.response.status_code == 401
    with connect(address, additional_headers=served.bearer) as socket:
        socket.send("hello")
        assert "hello" in str(socket.recv(timeout=30))
