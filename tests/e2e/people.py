"""People at their browsers: how they get a password, and sign in with it."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.servers import Server

PASSWORD = "correct horse battery"


def choose_password(server: Server, page: Page, name: str) -> None:
    """By the link that an administrator has sent them. They are not signed in after it."""
    page.goto(server.json("people", "reset-link", name)["url"])
    for field in ("password1", "password2"):
        if page.locator(f"input[name={field}]").count():
            page.locator(f"input[name={field}]").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.context.clear_cookies()


def sign_in(page: Page, name: str) -> None:
    """On the sign-in page, where they have been sent to."""
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
