"""The App Manager in Chromium, from a real web process."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from portico.figures import BOUNDS
from portico.wire import Problem
from tests.browsing import TELEPHONE, faults, fits
from tests.control.agent import FakeAgent
from tests.control.calls import deploy
from tests.control.running import Forwarder, Web, poll
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser
NOT_BUILT = Problem(title="It does not build.", detail="It is empty.", hint="Write something.")
TABS = ("", "deploys/", "config/", "scale/", "access/", "notices/", "settings/")


@pytest.fixture(scope="module")
def filled(web: Web) -> Web:
    assert web.api("POST", "/apps", json={"name": "sales"}).status_code == 201
    web.api("PATCH", "/apps/sales", json={"title": "Sales report", "tags": ["finance"]})
    web.api("PATCH", "/apps/sales/config", json={"API_KEY": "x" * 40, "LEVEL": "info" * 60})
    for drain in (
        "syslog+tls://logs.department.company.example:6514",
        f"https://a.example/{'x' * 40}",
    ):
        web.api("POST", "/apps/sales/drains", json={"address": drain})
    web.api("POST", "/people", json={"name": "bob"})
    web.api("POST", "/apps/sales/webhooks", json={"url": "https://example.org/" + "x" * 100})
    web.api("PATCH", "/apps/sales/access", json={"viewers": ["bob"]})
    return web


@pytest.fixture
def address(filled: Web, context: BrowserContext) -> Iterator[str]:
    """Of the server, for a browser in which its administrator has signed in."""
    forwarder = Forwarder(filled.runtime / "web" / "web.sock")
    found = f"http://127.0.0.1:{forwarder.port}"
    (user,) = (p["name"] for p in filled.api("GET", "/people").json() if p["role"] == "admin")
    sign_in(filled.environment, context, found, user)
    yield found
    forwarder.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(page: Page, address: str, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    for path in ("new/", *(f"manage/sales/{tab}" for tab in TABS)):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{address}/-/{path}")
        assert faults(page) == [], path
        page.set_viewport_size(TELEPHONE)
        assert fits(page), path
        assert faults(page) == [], path


def test_from_a_new_app_to_its_end(page: Page, address: str) -> None:
    page.goto(f"{address}/-/portal/")
    page.get_by_role("link", name="New app").click()
    page.get_by_label("Name").fill("votes")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("portico deploy --app votes")).to_be_visible()
    page.get_by_role("link", name="Config vars").click()
    page.get_by_label("Name").fill("API_KEY")
    page.get_by_label("Value").fill("hidden-value")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_role("status")).to_contain_text("API_KEY is set.")
    expect(page.get_by_text("secret, not shown")).to_be_visible()
    page.get_by_role("link", name="Access").click()
    page.get_by_label("Person or group").fill("bob")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("row", name="bob viewer")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    page.get_by_text("Destroy", exact=True).click()
    page.get_by_label("Type votes to go on").fill("votes")
    page.get_by_role("button", name="Destroy it").click()
    expect(page.get_by_role("status")).to_contain_text("votes is destroyed.")
    assert page.url == f"{address}/-/portal/"


def test_lines_appear_as_they_come_and_are_sifted(
    page: Page, address: str, agent: FakeAgent
) -> None:
    agent.lines = ["hello", "<b>not\x1b[1;31m markup\x1b[0m</b>", "bye"]
    agent.hold.clear()
    page.goto(f"{address}/-/manage/sales/logs/")
    log = page.locator("#log")
    expect(log.locator("div")).to_have_count(3)
    expect(log).to_contain_text("web.1 <b>not markup</b>")
    page.get_by_placeholder("Lines that hold").fill("BYE")
    expect(log.locator("div:visible")).to_have_count(1)
    expect(page.get_by_role("table")).to_contain_text("https://a.example/...")
    assert faults(page) == []
    page.set_viewport_size(TELEPHONE)
    assert fits(page)
    agent.hold.set()


def test_a_running_deploy_is_followed_to_its_end(
    page: Page, address: str, agent: FakeAgent, filled: Web
) -> None:
    agent.lines, agent.problem = ["Installing packages"], NOT_BUILT
    agent.hold.clear()
    number = deploy(filled, "sales").json()["id"]
    page.goto(f"{address}/-/manage/sales/deploys/{number}/")
    expect(page.locator("#deploy .state")).to_have_text("queued")
    agent.hold.set()
    expect(page.locator("#deploy .state")).to_have_text("failed")
    expect(page.get_by_role("alert")).to_contain_text("It does not build.")
    assert faults(page) == []
    downloaded = filled.api("GET", f"/apps/sales/deploys/{number}/log?plain=1")
    assert downloaded.headers["content-type"] == "text/plain; charset=utf-8"
    assert downloaded.text == "2026-01-01T00:00:00.000000Z Installing packages\n"


def look(web: Web, app_id: int, moment: float, cpu: float, answered: int = 0) -> None:
    """What an agent would tell of one process that the app has, and of its answers until now."""
    process = {"handle": "a", "name": "web.1", "cpu": cpu, "memory": int(cpu * (200 << 20))}
    requests = {"answers": [0, answered, 0, 0, 0], "took": [answered, *[0] * len(BOUNDS)]}
    app = {"id": app_id, "processes": [process], "requests": requests}
    told = {"time": moment, "apps": [app], "platform": {}}
    assert web.agent.post("/figures", json=told).status_code == 204


@pytest.fixture
def charted(page: Page, address: str, agent: FakeAgent, filled: Web) -> Iterator[int]:
    """A page with charts of a live app, of which nothing is known yet; the app's id."""
    filled.api("POST", "/apps", json={"name": "charted"})
    deploy(filled, "charted")
    poll(lambda: filled.api("GET", "/apps/charted").json()["release"])
    page.goto(f"{address}/-/manage/charted/")
    yield agent.plan.app("charted").id
    filled.api("DELETE", "/apps/charted")


def chart(page: Page, name: str) -> Locator:
    return page.locator(f"figure[data-chart={name}]")


def drawn(page: Page) -> str:
    """The picture of the first chart."""
    picture: str = page.locator(".plot canvas").first.evaluate("canvas => canvas.toDataURL()")
    return picture


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_gets_points_as_they_come(
    page: Page, charted: int, filled: Web, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    expect(chart(page, "cpu").get_by_text("Nothing yet.")).to_be_visible()
    assert faults(page) == []
    now = time.time()
    for second in range(-600, 0, 5):
        look(filled, charted, now + second, 0.2, answered=2 * (600 + second))
    expect(chart(page, "requests").get_by_role("listitem").first).to_have_text(
        "requests 120/min", timeout=20_000
    )
    expect(chart(page, "latency").get_by_role("listitem").first).to_have_text("median 3 ms")
    expect(chart(page, "cpu").get_by_role("listitem")).to_have_text("web 20%", timeout=20_000)
    expect(chart(page, "memory").get_by_role("listitem")).to_have_text("web 40 MiB of 1.0 GiB")
    before = drawn(page)
    look(filled, charted, time.time(), 0.9, answered=1200)
    said = chart(page, "cpu").get_by_role("img", name=re.compile(r"^CPU, last hour: web \d\d%, at"))
    expect(said).to_be_visible()
    expect(chart(page, "cpu").get_by_role("listitem")).not_to_have_text("web 20%", timeout=20_000)
    assert drawn(page) != before
    assert faults(page) == []
    page.set_viewport_size(TELEPHONE)
    expect(page.locator(".plot canvas").first).to_be_visible()
    assert fits(page)
    assert faults(page) == []


def test_the_pointer_reads_a_chart_and_the_day_is_another_one(
    page: Page, charted: int, filled: Web
) -> None:
    now = time.time()
    for second in range(-3600, 1, 60):
        look(filled, charted, now + second, 0.3)
    expect(chart(page, "cpu").get_by_role("listitem")).to_have_text("web 30%", timeout=20_000)
    page.get_by_role("link", name="Last day").click()
    expect(page.get_by_role("link", name="Last day")).to_have_attribute("aria-current", "true")
    said = chart(page, "cpu").get_by_role("img", name="CPU, last day: web 30%, at most 30%")
    expect(said).to_be_visible()
    assert page.url.endswith("/?range=day")
    expect(chart(page, "cpu").locator("figcaption")).to_contain_text("of a core")
    said.hover()
    expect(chart(page, "cpu").locator("figcaption")).to_have_text(re.compile(r"CPU \d"))


def test_charts_say_when_the_server_is_gone_and_go_on_when_it_is_back(
    page: Page, charted: int, filled: Web
) -> None:
    look(filled, charted, time.time(), 0.2)
    expect(chart(page, "cpu").get_by_role("listitem")).to_have_text("web 20%", timeout=20_000)
    page.route("**/figures?*", lambda route: route.fulfill(status=404, body="<h1>Bad</h1>"))
    lost = page.locator("[data-lost]")
    expect(lost).to_have_text(
        "The server did not answer. The charts go on when it does.", timeout=20_000
    )
    assert faults(page) == []
    page.unroute_all()
    expect(lost).to_be_hidden(timeout=20_000)
