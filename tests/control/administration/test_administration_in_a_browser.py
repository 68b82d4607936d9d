"""The administrators' pages in Chromium, from a real web process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browsing import TELEPHONE, faults, fits
from tests.control.agent import FakeAgent
from tests.control.examining.telling import MACHINE, PROBLEM, contents, told
from tests.control.running import Forwarder, Web
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser
SECTIONS = ("people", "groups", "apps", "tokens", "trail", "system")


@pytest.fixture
def address(web: Web, context: BrowserContext) -> Iterator[str]:
    """Of the server, for a browser in which its administrator has signed in."""
    web.api("POST", "/people", json={"name": "bob", "email": "bob@example.org"})
    web.api("POST", "/groups", json={"name": "staff"})
    web.api("PATCH", "/groups/staff", json={"add": ["bob"]})
    web.api("POST", "/apps", json={"name": "sales"})
    forwarder = Forwarder(web.runtime / "web" / "web.sock")
    found = f"http://127.0.0.1:{forwarder.port}"
    sign_in(web.environment, context, found, "admin")
    yield found
    forwarder.close()


def test_nobody_is_shut_out(page: Page, address: str) -> None:
    for scheme, section in zip(("light", "dark") * 3, SECTIONS, strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{address}/-/admin/{section}/")
        assert faults(page) == [], section
        page.set_viewport_size(TELEPHONE)
        assert fits(page), section
        assert faults(page) == [], section


def test_from_the_header_to_a_person_with_a_link(page: Page, address: str) -> None:
    page.goto(f"{address}/-/portal/")
    page.get_by_role("link", name="Administration").click()
    page.get_by_label("Name", exact=True).fill("carol")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Password link for carol").click()
    expect(page.get_by_role("status")).to_contain_text("Give carol this link")
    page.get_by_role("link", name="Trail").click()
    expect(page.get_by_role("row", name="add person: carol: viewer")).to_be_visible()


def is_whole(page: Page) -> bool:
    """In the scheme and the size that the page has, then on a telephone in the dark."""
    wide = faults(page)
    page.set_viewport_size(TELEPHONE)
    page.emulate_media(color_scheme="dark")
    narrow = faults(page) or fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    assert (wide, narrow) == ([], True)
    return True


def test_what_the_agent_finds_out_appears_by_itself(
    page: Page, address: str, web: Web, agent: FakeAgent
) -> None:
    """The page in each of its states, one after the other."""
    held: list[Route] = []
    agent_has_told: list[bool] = []
    system = f"{address}/-/admin/system/"

    def hold(route: Route) -> None:
        if "hx-request" in route.request.headers and not agent_has_told:
            held.append(route)
        else:
            route.continue_()

    page.route(system, hold)
    page.goto(system)
    expect(page.get_by_text("The agent is looking; reload the page")).to_have_count(2)
    assert agent.examination_wanted.wait(60)
    assert is_whole(page)
    for part in ({"machine": MACHINE}, {"disk": contents(1)}):
        assert web.agent.post("/examination", content=told(**part)).status_code == 204
    agent_has_told.append(True)
    for route in held:
        route.continue_()
    expect(page.get_by_text("Off, and needed: uv")).to_be_visible()
    expect(page.get_by_text("Free on it")).to_be_visible()
    expect(page.get_by_text("The agent is looking")).to_have_count(0)
    assert is_whole(page)
    agent.examination_wanted.clear()
    page.get_by_role("button", name="Look again").click()
    assert agent.examination_wanted.wait(60)
    for part in ({"machine": PROBLEM}, {"disk": PROBLEM}):
        web.agent.post("/examination", content=told(**part))
    expect(page.get_by_text("No space.")).to_have_count(2)
    expect(page.get_by_text("Off, and needed: uv")).to_be_visible()
    assert is_whole(page)


def test_the_system_is_shown_without_scripts(
    browser: Browser, address: str, context: BrowserContext, web: Web
) -> None:
    web.agent.post("/examination", content=told(machine=MACHINE))
    plain = browser.new_context(java_script_enabled=False)
    try:
        plain.add_cookies(context.cookies())  # type: ignore[arg-type]
        page = plain.new_page()
        page.goto(f"{address}/-/admin/system/")
        expect(page.get_by_text("Off, and needed: uv")).to_be_visible()
        page.get_by_role("button", name="Look again").click()
        expect(page.get_by_text("The agent looks again")).to_be_visible()
    finally:
        plain.close()
