"""The portal in Chromium, from a real web process: for everybody, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import TELEPHONE, faults, fits, is_dark
from tests.control.portal.pictures import picture
from tests.control.running import Forwarder, Web, poll, web_process
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser

HEAVIEST = 150_000  # bytes of the page and all that it loads, but pictures
CARDS = {
    "sales": {"title": "Sales report", "description": "By week and region.", "tags": ["finance"]},
    "maps": {"title": "Store map", "tags": ["geo", "stores"], "rank": 1},
    "hostile": {
        "title": "<img src=x onerror=alert(1)>",
        "description": "<script>alert(2)</script>",
    },
}


@pytest.fixture(scope="module")
def filled() -> Iterator[Web]:
    """Cards by name, and as many more as two pages take."""
    with web_process() as web:
        poll(lambda: web.router.get("/-/ready").status_code == 200)
        for name in (*CARDS, *(f"app-{number}" for number in range(60))):
            assert web.api("POST", "/apps", json={"name": name}).status_code == 201
            changes = {"listed": True, **CARDS.get(name, {"description": "x" * 200})}
            assert web.api("PATCH", f"/apps/{name}", json=changes).status_code == 200
            web.api("PATCH", f"/apps/{name}/access", json={"access": "public"})
        sent = web.api("PUT", "/apps/sales/picture", content=picture("PNG", (1200, 600)))
        assert sent.status_code == 200
        yield web


@pytest.fixture(scope="module")
def address(filled: Web) -> Iterator[str]:
    forwarder = Forwarder(filled.runtime / "web" / "web.sock")
    yield f"http://127.0.0.1:{forwarder.port}"
    forwarder.close()


@pytest.fixture
def signed_in(filled: Web, context: BrowserContext, address: str) -> None:
    (user,) = (one["name"] for one in filled.api("GET", "/people").json())
    sign_in(filled.environment, context, address, user)


def titles(page: Page) -> list[str]:
    return page.locator(".app h2").all_inner_texts()


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(page: Page, address: str, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    assert page.url == f"{address}/-/portal/"
    assert is_dark(page) == (scheme == "dark")
    assert faults(page) == []
    page.set_viewport_size(TELEPHONE)
    assert fits(page)
    for empty in ("?section=favourites", "?q=nothing-says-this", "?tag=none"):
        page.goto(f"{address}/-/portal/{empty}")
        assert faults(page) == []
        assert fits(page)


def test_a_search_shows_what_fits_while_it_is_typed(page: Page, address: str) -> None:
    page.goto(f"{address}/-/portal/")
    box = page.get_by_role("searchbox")
    box.press_sequentially("report")
    expect(page.locator(".app h2")).to_have_text(["Sales report"])
    expect(box).to_be_focused()
    expect(page).to_have_url(f"{address}/-/portal/?q=report")
    box.fill("nothing says this")
    expect(page.get_by_role("heading", name="No app fits")).to_be_visible()
    page.reload()
    expect(box).to_have_value("nothing says this")


@pytest.mark.usefixtures("signed_in")
def test_a_star_stays_and_brings_the_app_forward(page: Page, address: str) -> None:
    page.goto(f"{address}/-/portal/?order=name")
    star = page.get_by_role("button", name="Sales report as a favourite")
    page.goto(f"{address}/-/portal/?q=sales")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    page.goto(f"{address}/-/portal/")
    assert titles(page)[0] == "Sales report"
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")


def test_a_card_is_a_link_as_a_whole_and_its_tags_are_others(page: Page, address: str) -> None:
    page.goto(f"{address}/-/portal/")
    page.get_by_role("link", name="stores").click()
    expect(page).to_have_url(f"{address}/-/portal/?tag=stores")
    assert titles(page) == ["Store map"]
    box = page.locator(".app").bounding_box()
    assert box
    here = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('a')?.href",
        [box["x"] + 20, box["y"] + 20],
    )
    assert here == "http://portico.example/maps/"


def test_without_scripts_all_of_it_works(filled: Web, browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    (user,) = (one["name"] for one in filled.api("GET", "/people").json())
    sign_in(filled.environment, context, address, user)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link", name="More").click()
    assert len(titles(page)) == 63 - 48
    page.get_by_role("searchbox").fill("report")
    page.get_by_role("button", name="Search").click()
    assert titles(page) == ["Sales report"]
    star = page.get_by_role("button", name="Sales report as a favourite")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(f"{address}/-/portal/?q=report")
    star.click()
    context.close()


@pytest.mark.usefixtures("signed_in")
def test_a_failure_is_said_and_leaves_the_page(page: Page, address: str, filled: Web) -> None:
    assert filled.api("POST", "/apps", json={"name": "going"}).status_code == 201
    filled.api("PATCH", "/apps/going", json={"listed": True})
    page.goto(f"{address}/-/portal/?q=going")
    assert filled.api("DELETE", "/apps/going").status_code == 204
    page.get_by_role("button", name="going as a favourite").click()
    said = page.get_by_role("alert")
    expect(said).to_contain_text("There is no app 'going'.")
    expect(said).to_contain_text("See which there are: portico apps")
    assert titles(page) == ["going"]


def test_that_the_server_is_gone_is_said(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto(f"{address}/-/portal/")
    page.route("**/-/portal/?q=**", lambda route: route.abort())
    page.get_by_role("searchbox").fill("report")
    expect(page.locator("#failures")).to_contain_text("The server did not answer.")
    page.unroute("**/-/portal/?q=**")
    page.get_by_role("searchbox").fill("report ")
    expect(page.locator("#failures")).to_be_empty()


def test_the_page_is_light(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    kinds: dict[str, str] = {}
    weights: dict[str, float] = {}

    def answered(event: Any) -> None:
        kinds[event["requestId"]] = event["response"]["mimeType"]

    def finished(event: Any) -> None:
        weights[event["requestId"]] = event["encodedDataLength"]

    client.on("Network.responseReceived", answered)
    client.on("Network.loadingFinished", finished)
    page.goto(f"{address}/-/portal/", wait_until="networkidle")
    weight = sum(w for number, w in weights.items() if kinds.get(number) != "image/webp")
    assert len(titles(page)) == 48
    assert 50_000 < weight <= HEAVIEST
    context.close()
