"""The administrators' pages in Chromium, from a real web process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import TELEPHONE, faults, fits
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
