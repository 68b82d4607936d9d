"""Sign-in and sign-out with a SAML provider, in a real browser, from one site to another and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import browser, context, faults, page  # noqa: F401 - fixtures
from tests.control.accounts.conftest import HOME
from tests.control.accounts.saml.conftest import Company
from tests.saml_provider import needs_xmlsec1

pytestmark = [pytest.mark.browser, needs_xmlsec1]


def test_there_and_back_and_out(
    company: Company,
    page: Page,  # noqa: F811
    context: BrowserContext,  # noqa: F811
) -> None:
    """The provider is another site to the browser: it is 127.0.0.1, the server localhost."""
    page.goto(f"{company.address}{HOME}tokens/")
    assert faults(page) == []
    page.get_by_role("button", name="Sign in with Example company").click()
    page.get_by_label("Who").fill("dora")
    page.get_by_role("button", name="Go").click()
    expect(page).to_have_url(f"{company.address}{HOME}tokens/")
    page.goto(f"{company.address}{HOME}3rdparty/")
    connected = page.get_by_role("main").get_by_text("Example company", exact=True).locator("..")
    expect(connected).to_contain_text("dora")
    assert faults(page) == []
    kept = {one["name"]: one for one in context.cookies()}
    assert kept["portico_saml"]["httpOnly"]
    assert kept["portico_saml"]["path"] == f"{HOME}saml/company/acs/finish/"

    page.goto(company.provider.sign_out("dora", company.of("company", "sls")))
    expect(page.get_by_role("heading", name="Signed out of all")).to_be_visible()
    page.goto(f"{company.address}{HOME}")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_went_wrong_is_said(company: Company, context: BrowserContext) -> None:  # noqa: F811
    page = context.new_page()  # noqa: F811 - one that bears the refusal
    page.goto(company.of("partner", "acs"))
    expect(page.get_by_role("heading", name="You were not signed in.")).to_be_visible()
    expect(
        page.get_by_text("The sign-on of Example partner did not give the answer")
    ).to_be_visible()
    assert faults(page) == []
