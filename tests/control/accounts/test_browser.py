"""From the link of the first start to a passkey, in a real browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import (
    TELEPHONE,
    browser,  # noqa: F401 - fixtures
    context,  # noqa: F401
    faults,
    fits,
    page,  # noqa: F401
    put_in_authenticator,
)
from tests.control.accounts.conftest import HOME, LOGIN, PASSWORD
from tests.control.running import Forwarder, Web, poll, web_process

pytestmark = pytest.mark.browser


@pytest.fixture
def server() -> Iterator[tuple[Web, str]]:
    """A web that nobody administers, and its address: browsers allow passkeys on localhost."""
    with web_process() as web:
        assert poll(lambda: web.router.get("/-/ready").status_code == 200)
        forwarder = Forwarder(web.runtime / "web" / "web.sock")
        yield web, f"http://localhost:{forwarder.port}"
        forwarder.close()


def test_from_the_first_start_to_a_passkey(
    server: tuple[Web, str],
    page: Page,  # noqa: F811
) -> None:
    web, address = server
    put_in_authenticator(page)

    link = (web.data / "web" / "first-link").read_text().strip()
    page.goto(address + link.removeprefix("http://portico.example"))
    page.get_by_label("Password").fill(PASSWORD)
    assert faults(page) == []
    page.get_by_role("button", name="Create and sign in").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()

    secret = _set_up_app(page, address)
    page.goto(f"{address}{HOME}2fa/webauthn/add/")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()

    _sign_out(page, address)
    page.get_by_label("Name or e-mail").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Code").fill(_later_code(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    _expect_signed_in(page, address)

    _sign_out(page, address)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(rf"{address}/(?!-/accounts/login)"))
    _expect_signed_in(page, address)
    _look(page, address)


def _set_up_app(page: Page, address: str) -> str:  # noqa: F811
    page.goto(f"{address}{HOME}2fa/totp/activate/")
    secret = page.locator("main code").inner_text()
    page.get_by_label("Code").fill(_code(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return secret


def _code(secret: str, later: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def _later_code(secret: str) -> str:
    """The next one: that of now has been used to set it up."""
    return _code(secret, later=1)


def _sign_out(page: Page, address: str) -> None:  # noqa: F811
    page.goto(f"{address}{HOME}logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{address}{LOGIN}")


def _expect_signed_in(page: Page, address: str) -> None:  # noqa: F811
    page.goto(f"{address}{HOME}")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def _look(page: Page, address: str) -> None:  # noqa: F811
    """All pages of the account are good to read with a screen reader, and on a telephone."""
    page.set_viewport_size(TELEPHONE)  # type: ignore[arg-type]
    for path in (
        *("", "2fa/", "2fa/webauthn/", "email/", "password/change/"),
        *("sessions/", "notices/", "tokens/"),
    ):
        page.goto(f"{address}{HOME}{path}")
        assert (path, faults(page), fits(page)) == (path, [], True)


def test_with_a_provider_there_and_back(context: BrowserContext) -> None:  # noqa: F811
    """The policy of the pages lets the form lead to another host."""
    page = context.new_page()  # noqa: F811 - one that bears the provider's complaints
    with run_server_in_thread() as provider:
        company = {
            "id": "company",
            "name": "Example Ltd",
            "issuer": f"http://localhost:{provider.server_port}",
            "client_id": "x",
            "client_secret": "y",
            "registration": "open",
        }
        with web_process(PORTICO_OIDC=json.dumps([company])) as web:
            assert poll(lambda: web.router.get("/-/ready").status_code == 200)
            forwarder = Forwarder(web.runtime / "web" / "web.sock")
            page.goto(f"http://localhost:{forwarder.port}{HOME}")
            page.get_by_role("button", name="Sign in with Example Ltd").click()
            page.locator("input[name=sub]").fill("dora@example.org")
            page.locator("button").first.click()
            expect(page.get_by_role("heading", name="Your account")).to_be_visible()
            forwarder.close()
