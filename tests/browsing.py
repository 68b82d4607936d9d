"""The system's Chromium, and what is asked of every page in it."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    sync_playwright,
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
GIVEN_UP = "net::ERR_ABORTED"
TELEPHONE = {"width": 390, "height": 800}
SERIOUS = ("serious", "critical")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def has_browser() -> bool:
    try:
        ctypes.CDLL("libatomic.so.1")  # what drives the browser is linked to it
    except OSError:
        return False
    return any(shutil.which(name) for name in BROWSERS)


def launched(playwright: Playwright, *more: str) -> Browser:
    """`more`: of Chromium's own arguments."""
    program = next(path for name in BROWSERS if (path := shutil.which(name)))
    # Its own sandbox refuses to be started by root.
    rights = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return playwright.chromium.launch(executable_path=program, args=[*QUIET, *rights, *more])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page. Whatever it asks for has to be answered, and its scripts have nothing to complain of."""
    page, complaints = context.new_page(), []
    # Whoever leaves a page gives up what it still asks for.
    page.on(
        "requestfailed", lambda it: None if it.failure == GIVEN_UP else complaints.append(it.url)
    )
    page.on("response", lambda it: complaints.append(it.url) if it.status >= 500 else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if _is_error(said) else None)
    yield page
    assert complaints == [], complaints


def _is_error(said: ConsoleMessage) -> bool:
    """A 404 that is meant is also said there."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def put_in_authenticator(page: Page) -> None:
    """Something that keeps passkeys, and is touched at once when it is asked to."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def faults(page: Page) -> list[str]:
    """What axe finds serious on it: the rule and the elements."""
    found: dict[str, Any] = Axe().run(page).response
    return [
        f"{one['id']}: {', '.join(node['html'] for node in one['nodes'])}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    fits: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return fits


def is_dark(page: Page) -> bool:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return max(map(int, re.findall(r"\d+", colour))) < 100
