"""What a real agent finds out about its machine and disk, told by API, command line and page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from portico import __version__
from portico.layout import Layout
from portico.supervisor import as_web
from tests.browsing import faults
from tests.servers import Server
from tests.signing_in import sign_in

APP = Path(__file__).resolve().parents[1] / "apps" / "works"


def test_the_command_line_tells_what_the_server_finds_on_its_machine(server: Server) -> None:
    found = server.json("system", "--again", "--json")
    checks = {check["name"]: check["on"] for check in found["machine"]["checks"]}
    typed = server.json("server", "doctor", "--data", str(server.data), "--json")
    there = {check["name"]: check["on"] for check in typed}
    differing = {
        name for name in checks.keys() ^ there.keys() if not name.startswith(("address", "disk"))
    }
    assert differing == set()
    assert {name for name in checks.keys() & there.keys() if checks[name] != there[name]} == set()
    assert found["versions"]["Portico"] == __version__
    assert found["versions"]["Envoy"][0].isdecimal()
    assert found["disk"]["use"]["data"] == str(server.data)
    assert found["disk"]["use"]["total"] > 0


@pytest.mark.browser
def test_the_page_shows_a_protection_and_an_apps_part_of_the_disk(
    server: Server, context: BrowserContext
) -> None:
    done = server.cli("deploy", str(APP), "--app", "on-the-page", "--yes")
    assert done.returncode == 0, done.stderr
    try:
        sign_in(as_web.environment(Layout(server.data)), context, server.url, "admin")
        page = context.new_page()
        page.goto(f"{server.url}/-/admin/system/")
        page.get_by_role("button", name="Look again").click()
        expect(page.get_by_role("row", name="on-the-page")).to_be_visible(timeout=120_000)
        expect(page.get_by_text("system call filter (seccomp)")).to_be_visible()
        expect(page.get_by_text("on-the-page v1")).to_be_visible()
        assert faults(page) == []
    finally:
        server.cli("apps", "destroy", "on-the-page", "--yes")
