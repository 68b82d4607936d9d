from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browsing import browser, context, page  # noqa: F401 - fixtures
from tests.control.running import Forwarder


@pytest.mark.browser
def test_the_pages_of_the_api_work_under_the_policy_of_all_pages(
    forwarder: Forwarder,
    page: Page,  # noqa: F811
) -> None:
    """`page` asserts that the console complains of nothing."""
    page.goto(f"http://127.0.0.1:{forwarder.port}/-/api/v1/docs")
    page.get_by_text("/-/api/v1/whoami").wait_for()
    page.get_by_text("/-/api/v1/whoami").click()
    page.get_by_role("button", name="Try it out").first.wait_for()
