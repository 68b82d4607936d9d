"""`portico login` and `portico whoami`."""

from __future__ import annotations

import json

import pytest

from portico.cli import logins
from portico.cli.logins import Login, Logins


@pytest.fixture(autouse=True)
def plain_environment(stub, monkeypatch):
    monkeypatch.delenv("PORTICO_SERVER")
    monkeypatch.delenv("PORTICO_TOKEN")


def test_keeps_the_login_for_its_owner_alone(portico, stub, home):
    result = portico("login", stub.url + "/", "--token", "the-token")
    assert (result.code, result.stdout) == (0, f"Logged in to {stub.url} as alice.\n")
    file = home / ".config" / "portico" / "config.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == {
        "current": stub.url,
        "servers": {stub.url: {"token": "the-token"}},
    }
    assert portico("whoami").stdout == f"alice at {stub.url} (token laptop)\n"


def test_takes_the_token_from_standard_input(portico, stub):
    assert portico("login", stub.url, stdin=b"the-token\n").code == 0


def test_no_token_at_all_is_an_error(portico, stub):
    assert portico("login", stub.url).stderr == (
        "No token was given.\n"
        "Standard input held none.\n"
        f"Next: `portico login {stub.url} --token TOKEN`, or `portico login {stub.url}` on a "
        "terminal.\n"
    )


def test_a_wrong_token_is_not_kept(portico, stub):
    logins.save(Logins().with_login(Login("http://elsewhere", "good")))
    result = portico("login", stub.url, "--token", "wrong")
    assert result.code == 1
    assert result.stderr == (
        "The server did not accept your token.\n"
        f"{stub.url} answered 401: the token is wrong, was revoked or belongs to another server.\n"
        f"Next: Log in again: `portico login {stub.url}`, or set PORTICO_TOKEN to a valid token.\n"
    )
    assert logins.load() == Logins("http://elsewhere", {"http://elsewhere": "good"})


def test_keeps_several_servers_and_uses_the_last(portico, stub):
    logins.save(Logins().with_login(Login("http://elsewhere", "good")))
    portico("login", stub.url, "--token", "the-token")
    assert logins.load() == Logins(stub.url, {"http://elsewhere": "good", stub.url: "the-token"})


def test_another_kind_of_server_is_recognised(portico, stub):
    stub.answers["GET /"] = (200, b"<h1>It works!</h1>")
    assert portico("login", stub.url, "--token", "x").stderr == (
        f"There is no Portico server at {stub.url}.\n"
        f"GET {stub.url}/-/api/v1/ did not answer with a name and a version.\n"
        "Next: Check the address, then log in: `portico login URL`, or set PORTICO_SERVER.\n"
    )


def test_a_redirect_tells_the_right_address(portico, stub):
    stub.answers["GET /"] = (301, b"https://apps.example.org/-/api/v1/")
    assert portico("login", stub.url, "--token", "x").stderr == (
        f"The server at {stub.url} has another address.\n"
        "It redirects to https://apps.example.org; a token is not sent on to where a redirect "
        "points.\n"
        "Next: Log in there: `portico login https://apps.example.org`.\n"
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("apps.example.org", "https://apps.example.org"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("HTTPS://Apps.Example.org", "https://apps.example.org"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_completes_an_address(given, kept):
    assert logins.normalised(given) == kept


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("ftp://x", "It has no host name, or begins with neither http nor https."),
        ("", "It has no host name, or begins with neither http nor https."),
        ("https://x:port", "Port could not be cast to integer value as 'port'."),
        ("https://x/my-app", "There is more behind the host: /my-app."),
    ],
)
def test_an_address_that_is_none_is_an_error(portico, given, found):
    assert portico("login", given, "--token", "x").stderr == (
        f"{given!r} is not the address of a server.\n"
        f"{found}\n"
        "Next: Give it as in a browser, up to the host and port: `https://apps.example.org`.\n"
    )


def test_a_damaged_login_file_is_named(portico, home):
    file = home / ".config" / "portico" / "config.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    assert portico("apps").stderr == (
        "The saved logins cannot be read.\n"
        f"{file}: it is not what `portico login` writes (Expecting property name enclosed in "
        "double quotes: line 1 column 2 (char 1)).\n"
        "Next: Repair the file, or remove it and log in again: `portico login URL`.\n"
    )


def test_whoami_for_scripts(portico, stub):
    portico("login", stub.url, "--token", "the-token")
    assert json.loads(portico("whoami", "--json").stdout) == {
        "server": stub.url,
        "user": "alice",
        "token": "laptop",
    }


def test_a_token_in_the_command_is_looked_at_too(portico, stub):
    assert portico("login", stub.url, "--token", "tök").stderr == (
        "No token was given.\n"
        "What was given has characters no token has.\n"
        f"Next: `portico login {stub.url} --token TOKEN`, or `portico login {stub.url}` on a "
        "terminal.\n"
    )
