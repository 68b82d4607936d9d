"""`portico login URL` on a terminal: a code here, a page anywhere."""

from __future__ import annotations

import json

import pytest

from portico.cli.browser_login import has_browser

URL = "http://portico.example/-/accounts/device/?code=BCDF-GHJK"
BEGUN = {"secret": "s3", "code": "BCDF-GHJK", "url": URL, "expires_in": 600, "interval": 0.05}


@pytest.fixture(autouse=True)
def over_ssh(stub, monkeypatch):
    """Where no browser is opened; the server lets begin."""
    for name in ("PORTICO_SERVER", "PORTICO_TOKEN", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    stub.answers["POST /logins"] = (201, BEGUN)
    stub.answers["POST /logins/token"] = (200, {"token": None})


def test_waits_for_the_browser_and_keeps_the_token(terminals, stub, home):
    terminal = terminals("login", stub.url)
    said = terminal.expect(b"BCDF-GHJK\r\n")
    assert f"To log in, open {URL}\r\n".encode() in said
    terminal.expect(b"Waiting for the browser")
    stub.answers["POST /logins/token"] = (200, {"token": "the-token"})
    terminal.expect(f"Logged in to {stub.url} as alice.".encode())
    assert terminal.process.wait(timeout=30) == 0
    kept = json.loads((home / ".config" / "portico" / "config.json").read_text())
    assert kept["servers"] == {stub.url: {"token": "the-token"}}
    assert stub.queries("POST", "/logins/token")


def test_says_that_it_was_refused(terminals, stub, home):
    refused = {
        "status": 403,
        "title": "You were not logged in.",
        "detail": "The login was refused in the browser.",
        "hint": "If that was a mistake, begin again: portico login URL",
    }
    stub.answers["POST /logins/token"] = (403, refused)
    terminal = terminals("login", stub.url)
    said = terminal.expect(b"begin again: portico login URL")
    assert b"The login was refused in the browser." in said
    assert terminal.process.wait(timeout=30) == 1
    assert not (home / ".config").exists()


def test_nobody_comes_in_time(terminals, stub):
    stub.answers["POST /logins"] = (201, {**BEGUN, "expires_in": 0})
    terminal = terminals("login", stub.url)
    terminal.expect(b"Nobody has confirmed the code within 0 minutes.")
    assert terminal.process.wait(timeout=30) == 1


def test_ctrl_c_ends_the_waiting(terminals, stub, home):
    terminal = terminals("login", stub.url)
    terminal.expect(b"Waiting for the browser")
    terminal.type(b"\x03")
    assert terminal.process.wait(timeout=30) == 1
    assert not (home / ".config").exists()


@pytest.mark.parametrize(
    ("variables", "has"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, False),
    ],
)
def test_a_browser_is_opened_where_one_can_be_seen(monkeypatch, variables, has):
    monkeypatch.delenv("SSH_CONNECTION")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_browser() is has
