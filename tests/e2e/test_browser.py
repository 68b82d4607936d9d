"""What people see: the platform's pages and the examples in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import fits, is_dark
from tests.servers import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.registry,
    pytest.mark.usefixtures("apps"),
]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LONGEST = "an-app-with-a-name-as-long-as-allowed-xx"
APPS = {
    "shelf-one": "django-admin",
    "shelf-two": "django-admin",
    "ballot": "django-polls",
    "talk": "fastapi-websocket",
    LONGEST: "flask-hello",
}
MAKE_ADMINISTRATOR = (
    "DJANGO_SUPERUSER_PASSWORD=secret python manage.py createsuperuser --noinput"
    " --username ada --email ada@portico.test"
)


@pytest.fixture(scope="module")
def apps(server: Server) -> Iterator[None]:
    """All of APPS, with an administrator in those that have an admin, and one never deployed."""
    for name, example in APPS.items():
        done = server.cli("deploy", str(EXAMPLES / example), "--app", name, "--yes")
        assert done.returncode == 0, done.stderr
        server.open_to_all(name)
        if example == "django-admin":
            made = server.cli("run", name, "--", "sh", "-c", MAKE_ADMINISTRATOR)
            assert made.returncode == 0, made.stderr
    assert server.cli("apps", "create", "empty").returncode == 0
    server.open_to_all("empty")
    yield
    for name in (*APPS, "empty"):
        server.cli("apps", "destroy", name, "--yes")


def sign_in(server: Server, page: Page, name: str) -> None:
    page.goto(f"{server.url}/{name}/admin/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{server.url}/{name}/admin/")


def test_the_admin_is_usable_with_its_styles(server: Server, page: Page):
    sign_in(server, page, "shelf-one")
    # Django's own blue: the style sheet has come.
    expect(page.locator("#header")).to_have_css("background-color", "rgb(65, 118, 144)")
    page.locator(".app-library a.addlink").click()
    page.get_by_label("Title").fill("Middlemarch")
    page.get_by_label("Author").fill("George Eliot")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("ul.messagelist li.success")).to_contain_text("was added successfully")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Logged out")).to_be_visible()
    page.goto(f"{server.url}/shelf-one/admin/")
    expect(page).to_have_url(re.compile("/shelf-one/admin/login/"))


def test_two_django_apps_in_one_browser_do_not_sign_each_other_out(server: Server, page: Page):
    for name in ("shelf-one", "shelf-two"):
        sign_in(server, page, name)
    for name in ("shelf-one", "shelf-two"):
        page.goto(f"{server.url}/{name}/admin/")
        expect(page.get_by_role("button", name="Log out")).to_be_visible()


def test_a_vote_is_counted(server: Server, page: Page):
    page.goto(f"{server.url}/ballot/")
    page.get_by_role("link", name="Tabs or spaces?").click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Vote").click()
    expect(page).to_have_url(re.compile(r"/ballot/\d+/results/$"))
    expect(page.locator(".results b").first).to_have_text("1")


def test_what_one_says_another_hears_and_the_clock_ticks(
    server: Server, page: Page, context: BrowserContext
):
    other = context.new_page()
    for each in (page, other):
        each.goto(f"{server.url}/talk/")
        # The clock shows that the page's script runs; an event that was held back would not come.
        expect(each.locator("#clock")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    before = page.locator("#clock").inner_text()
    expect(page.locator("#clock")).not_to_have_text(before)
    page.get_by_label("Message").fill("Good morning")
    page.get_by_role("button", name="Send").click()
    expect(other.locator("#said li")).to_have_text(["Good morning"])


def test_the_waiting_room_gives_way_to_the_app_by_itself(server: Server, context: BrowserContext):
    page = context.new_page()
    assert server.cli("scale", LONGEST, "web=0").returncode == 0
    waiting = page.goto(f"{server.url}/{LONGEST}/")
    assert waiting is not None
    assert waiting.status == 503
    expect(page.get_by_role("heading")).to_have_text(f"{LONGEST} is stopped.")
    assert server.cli("scale", LONGEST, "web=1").returncode == 0
    expect(page.get_by_role("heading")).to_have_text("Hello, world!", timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_page_leads_to_the_apps_on_a_telephone_too(
    server: Server, page: Page, scheme: Literal["light", "dark"]
):
    assert server.cli("apps", "set", LONGEST, "--listed").returncode == 0
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto(server.url)
    assert fits(page)
    assert is_dark(page) == (scheme == "dark")
    row = page.get_by_role("listitem").filter(has_text=LONGEST)
    expect(row).to_contain_text("Running")
    row.get_by_role("link").click()
    expect(page).to_have_url(f"{server.url}/{LONGEST}/")


@pytest.mark.parametrize(
    "path", ["nowhere/", "-/nothing", "ballot/", "talk/", f"{LONGEST}/", "empty/"]
)
def test_every_page_fits_a_telephone(server: Server, context: BrowserContext, path):
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{server.url}/{path}")
    assert fits(page)
    expect(page.locator("h1")).to_be_visible()
