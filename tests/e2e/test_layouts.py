"""Each layout over TLS, in a browser: from the first start to a viewer in a restricted app, and what a
page of an app that means no good can do for its visitor. The table in docs/security.md is this one."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import put_in_authenticator
from tests.e2e.layouts import APPS_HOST, LAYOUTS, ONE_HOST, OWN_HOSTS, Site, site
from tests.e2e.people import PASSWORD, choose_password, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.registry]

ROOT = Path(__file__).resolve().parents[2]
APPS = {"talk": ROOT / "examples" / "fastapi-websocket", "lovely": ROOT / "tests/apps/hostile-page"}
CLOCK = re.compile(r"\d\d:\d\d:\d\d")
REFUSED = "refused: TypeError"  # as a browser tells a script that it may not read an answer


@pytest.fixture(scope="module", params=LAYOUTS)
def served(request: pytest.FixtureRequest) -> Iterator[Site]:
    """`talk` is restricted; `lovely` is open to all who have signed in, and hostile."""
    with site(request.param) as made:
        for name, source in APPS.items():
            done = made.server.cli("deploy", str(source), "--app", name, "--yes")
            assert done.returncode == 0, done.stderr
        assert made.server.cli("access", "lovely", "signed-in").returncode == 0
        yield made


@pytest.fixture(scope="module")
def admin(served: Site) -> Iterator[Page]:
    """The page of the first administrator, who has come by the link and has a passkey."""
    context = served.browser.new_context()
    page = context.new_page()
    put_in_authenticator(page)
    link = re.search(r"Create the first administrator: (\S+)", served.server.output)
    assert link
    page.goto(link[1])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create and sign in").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    page.goto(f"{served.portal}/-/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()
    yield page
    context.close()


@pytest.fixture(scope="module")
def gwen(served: Site, admin: Page) -> Iterator[BrowserContext]:
    """The browser of a viewer, who has come to `talk` by a link."""
    assert served.server.cli("people", "add", "gwen").returncode == 0
    admin.goto(f"{served.portal}/-/manage/talk/access/")
    admin.get_by_label("Person or group").fill("gwen")
    admin.get_by_role("button", name="Add", exact=True).click()
    expect(admin.get_by_text("gwen is a viewer of talk now.")).to_be_visible()
    context = served.browser.new_context()
    page = context.new_page()
    choose_password(served.server, page, "gwen")
    come_in(served, page, "gwen")
    yield context
    context.close()


def come_in(served: Site, page: Page, name: str) -> None:
    """To where they wanted to be."""
    page.goto(f"{served.app('talk')}/?from=mail")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, name)
    expect(page).to_have_url(f"{served.app('talk')}/?from=mail")


def talks(page: Page, words: str) -> None:
    """The app's event stream and its web socket work."""
    # Networks of other tests' servers come and go, for which Chromium cuts its connections.
    expect(page.locator("#clock")).to_have_text(CLOCK, timeout=30_000)
    page.get_by_label("Message").fill(words)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#said li")).to_have_text([words])


def half_a_minute_later(context: BrowserContext) -> None:
    """The cookie that needs no question has ended."""
    context.clear_cookies(name=re.compile("portico_app$"))


def test_a_viewer_is_in_the_app_with_cookies_that_plain_http_never_sees(
    served: Site, gwen: BrowserContext
) -> None:
    talks(gwen.pages[0], "Good morning")
    prefix, below = served.cookie_prefix, "/" if served.cookie_prefix else "/-/"
    gates, root = served.gate_cookie_prefix, "/" if served.gate_cookie_prefix else "/talk/"
    ours = {one["name"]: one for one in gwen.cookies() if "portico_" in one["name"]}
    expected = {
        f"{prefix}portico_session": below,
        f"{gates}portico_viewer": root,
        f"{gates}portico_app": root,
    }
    assert {name: ours[name]["path"] for name in expected} == expected
    assert {(one["secure"], one["httpOnly"]) for one in ours.values()} == {(True, True)}
    # What Chromium has been told once (HSTS), it does by itself.
    page = gwen.new_page()
    page.goto(f"{served.portal.replace('https:', 'http:')}/-/portal/")
    expect(page).to_have_url(f"{served.portal}/-/portal/")
    expect(page.locator("header.top")).to_contain_text("Account of gwen")
    page.close()


def test_while_web_is_away_a_viewer_goes_on(served: Site, gwen: BrowserContext) -> None:
    page = gwen.pages[0]
    half_a_minute_later(gwen)
    page.reload()
    web = served.server.pid("web")
    os.kill(web, signal.SIGSTOP)
    try:
        page.goto(f"{served.app('talk')}/?web=away")
        talks(page, "Still here")
    finally:
        os.kill(web, signal.SIGCONT)


def test_who_is_signed_out_everywhere_else_is_out_of_the_apps_too(
    served: Site, gwen: BrowserContext
) -> None:
    elsewhere = served.browser.new_context()
    left_open = elsewhere.new_page()
    come_in(served, left_open, "gwen")
    page = gwen.new_page()
    page.goto(f"{served.portal}/-/accounts/sessions/")
    page.get_by_role("button", name="Sign out everywhere else").click()
    for context in (elsewhere, gwen):
        half_a_minute_later(context)
    left_open.goto(f"{served.app('talk')}/")
    expect(left_open.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{served.app('talk')}/")
    talks(page, "Only me")
    page.close()
    elsewhere.close()


def test_the_passkey_signs_in_again(served: Site, admin: Page) -> None:
    admin.goto(f"{served.portal}/-/accounts/logout/")
    admin.get_by_role("main").get_by_role("button", name="Sign out").click()
    admin.get_by_role("button", name="Use a passkey").click()
    expect(admin).not_to_have_url(re.compile("/accounts/login"))
    admin.goto(f"{served.portal}/-/accounts/")
    expect(admin.get_by_role("heading", name="Your account")).to_be_visible()


# --- a page that means no good ----------------------------------------------------------------


@pytest.fixture
def visitor(served: Site, admin: Page) -> Iterator[Page]:
    """The administrator on the page of `lovely`, who has been to `talk` before."""
    page = admin.context.new_page()
    for name in ("talk", "lovely"):
        page.goto(f"{served.app(name)}/")
    expect(page.get_by_role("heading", name="Lovely")).to_be_visible()
    yield page
    page.close()


def attack(served: Site, page: Page, name: str, **aims: Any) -> Any:
    given = {"portal": served.portal, "app": "talk", "other": f"{served.app('talk')}/", **aims}
    return page.evaluate("([name, aims]) => attack(name, aims)", [name, given])


# By layout, in the order of LAYOUTS.
WHAT_IT_GETS: dict[str, tuple[Any, Any, Any]] = {
    "readApps": (["lovely", "talk"], REFUSED, REFUSED),
    "readAppsAsStranger": ("refused with 401", REFUSED, REFUSED),
    "readPageOfPlatform": (True, REFUSED, REFUSED),
    "makeToken": (True, REFUSED, REFUSED),
    "pretendAddress": (True, *["refused: SecurityError"] * 2),
    "readOtherApp": (True, True, REFUSED),
    "framePlatform": ("not readable",) * 3,
    "openPlatform": ("out of reach",) * 3,
    "readCookies": ([],) * 3,
    "registerWorkers": (["/lovely/"],) * 3,
    "openSocketOfPlatform": ("refused",) * 3,
}
AIMS = {
    "readOtherApp": {"needle": "<title>Chat</title>"},
    "registerWorkers": {"scopes": ["/", "/-/", "/talk/", "/lovely/"]},
}


def test_what_a_page_of_an_app_gets_of_the_platform_and_of_other_apps(
    served: Site, visitor: Page
) -> None:
    got = {name: attack(served, visitor, name, **AIMS.get(name, {})) for name in WHAT_IT_GETS}
    expected = {name: dict(zip(LAYOUTS, of, strict=True)) for name, of in WHAT_IT_GETS.items()}
    assert got == {name: of[served.layout] for name, of in expected.items()}
    stolen = [one for one in served.server.json("tokens") if one["name"] == "stolen"]
    assert len(stolen) == (served.layout == ONE_HOST)
    for one in stolen:
        assert served.server.cli("tokens", "revoke", str(one["id"])).returncode == 0


def needs_a_host_of_apps(served: Site) -> None:
    if served.layout == ONE_HOST:
        pytest.skip("on one host it can do that, as docs/security.md says")


def test_what_it_sends_without_reading_changes_nothing(served: Site, visitor: Page) -> None:
    needs_a_host_of_apps(served)
    for name in ("postBlindly", "postForms"):
        assert attack(served, visitor, name) == "sent"
    assert not [one for one in served.server.json("tokens") if one["name"] == "stolen"]
    assert served.server.json("apps", "info", "talk")["access"] == "restricted"
    visitor.goto(f"{served.portal}/-/accounts/")
    expect(visitor.get_by_role("heading", name="Your account")).to_be_visible()


def test_it_cannot_sign_its_visitor_in_as_somebody_else(served: Site, visitor: Page) -> None:
    needs_a_host_of_apps(served)
    session = mallorys_session(served)
    assert attack(served, visitor, "plantSession", session=session) == "planted"
    planted = [one for one in visitor.context.cookies() if one["value"] == session]
    assert planted, "the attack has lost its teeth"
    visitor.goto(f"{served.portal}/-/accounts/")
    expect(visitor.locator("header.top")).to_contain_text("Account of admin")
    visitor.context.clear_cookies(domain=".example.org")


def test_it_cannot_put_its_visitor_into_another_app_as_somebody_else(
    served: Site, visitor: Page
) -> None:
    if served.layout != OWN_HOSTS:
        pytest.skip("apps that share a host can do that, as docs/security.md says")
    visit = mallorys_visit(served)
    assert attack(served, visitor, "plantVisit", visit=visit, domain=APPS_HOST) == "planted"
    assert [one for one in visitor.context.cookies() if one["value"] == visit], "no teeth"
    visitor.context.clear_cookies(
        name=re.compile("portico_(app|viewer)$"), domain="talk.apps.example.org"
    )
    visitor.goto(f"{served.app('talk')}/")
    talks(visitor, "It is me")
    # Web was asked who it is, and answered with a visit of the visitor's own.
    ours = {one["name"]: one["value"] for one in visitor.context.cookies(served.app("talk"))}
    assert ours["__Host-portico_viewer"] != visit
    visitor.context.clear_cookies(domain=f".{APPS_HOST}")


def mallorys_session(served: Site) -> str:
    """Of another person's own sign-in."""
    with mallory(served) as page:
        return cookie(page, f"{served.cookie_prefix}portico_session")


def mallorys_visit(served: Site) -> str:
    """Of that person to an app that both may open."""
    with mallory(served) as page:
        assert served.server.cli("access", "talk", "--viewer", "mallory").returncode == 0
        page.goto(f"{served.app('talk')}/")
        talks(page, "Let us see")
        return cookie(page, f"{served.gate_cookie_prefix}portico_viewer")


@contextlib.contextmanager
def mallory(served: Site) -> Iterator[Page]:
    """On their account's page, in a browser of their own."""
    page = served.browser.new_context().new_page()
    if served.server.cli("people", "add", "mallory").returncode == 0:
        choose_password(served.server, page, "mallory")
    page.goto(f"{served.portal}/-/accounts/")
    sign_in(page, "mallory")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    yield page
    page.context.close()


def cookie(page: Page, name: str) -> str:
    (value,) = (one["value"] for one in page.context.cookies() if one["name"] == name)
    return value
