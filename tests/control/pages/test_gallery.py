"""Every component of the pages: readable by all, in light and dark, on a telephone, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import TELEPHONE, faults, fits, is_dark
from tests.control.pages.gallery.serving import serving

pytestmark = pytest.mark.browser


@pytest.fixture
def gallery(settings: Any) -> Iterator[str]:
    settings.ROOT_URLCONF = "tests.control.pages.gallery.urls"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    with serving() as address:
        yield f"{address}/-/components"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(gallery: str, page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(gallery)
    assert faults(page) == []
    page.set_viewport_size(TELEPHONE)
    assert fits(page)
    assert faults(page) == []


def test_the_colours_follow_the_choice_and_are_remembered(gallery: str, page: Page) -> None:
    page.goto(gallery)
    assert not is_dark(page)
    page.get_by_role("button", name="Dark").click()
    assert is_dark(page)
    page.reload()
    assert is_dark(page)
    page.get_by_role("button", name="System").click()
    assert not is_dark(page)


def test_times_are_in_words_with_the_absolute_one_at_hand(gallery: str, page: Page) -> None:
    page.goto(gallery)
    time = page.get_by_text("3 minutes ago").first
    expect(time).to_have_attribute("title", re.compile(r"\b20\d\d\b.*\d:\d\d"))
    expect(page.locator("time[data-absolute]")).not_to_contain_text("ago")


def test_a_command_is_copied(gallery: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(gallery)
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "portico deploy --app sales-report"
    context.close()


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(gallery: str, page: Page) -> None:
    page.goto(gallery)
    entry = page.get_by_role("link", name="Your account")
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.locator("h1").click()):
        page.get_by_text("Menu", exact=True).click()
        expect(entry).to_be_visible()
        close()
        expect(entry).to_be_hidden()


def test_the_keyboard_reaches_the_content_first(gallery: str, page: Page) -> None:
    page.goto(gallery)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_nothing_moves_for_who_wants_that(gallery: str, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(gallery)
    assert page.evaluate("document.getAnimations().length") == 0


def test_it_works_without_scripts(gallery: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(gallery)
    page.get_by_text("Destroy this app").click()
    expect(page.get_by_label("Type sales-report to go on")).to_be_visible()
    expect(page.locator("time").first).to_contain_text("UTC")
    expect(page.get_by_role("group", name="Colours")).to_be_hidden()
    context.close()
