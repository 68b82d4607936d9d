"""Which server and app are meant."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from portico.cli.target import Remote, name_of, parsed_remote


def repository(url: str) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "remote", "add", "portico", url], check=True)


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        ("http://x:secret@h:8000/-/git/my-app.git", Remote("http://h:8000", "my-app")),
        ("https://H.example/-/git/my-app", Remote("https://h.example", "my-app")),
        ("https://example.org/my-app.git", None),
        ("git@example.org:my-app.git", None),
        ("", None),
    ],
)
def test_reads_the_remote(url, remote):
    assert parsed_remote(url) == remote


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("my-app", "my-app"),
        ("My Great_App!", "my-great-app"),
        ("3d-viewer", "d-viewer"),
        ("a" * 39 + "-b", "a" * 39),
        ("2026", None),
        ("x", None),
    ],
)
def test_makes_a_valid_name_of_a_folder(folder, name):
    assert name_of(Path("/somewhere") / folder) == name


def test_an_app_that_is_not_named_is_the_git_remotes(portico, stub):
    stub.add("from-git")
    repository(f"{stub.url}/-/git/from-git.git")
    stub.answers["GET /apps/from-git/processes"] = (200, [])
    assert portico("ps", "--json").code == 0


def test_else_it_is_the_folders(portico, stub):
    stub.add("folder")
    stub.answers["GET /apps/folder/processes"] = (200, [])
    assert portico("ps", "--json").code == 0


def test_a_folder_that_is_no_app_asks_for_a_name(portico, stub):
    result = portico("ps")
    assert result.code == 1
    assert result.stderr == (
        "It is not clear which app is meant.\n"
        f"None was named, git has no remote `portico` here, and {stub.url} has no app folder.\n"
        "Next: Name the app in the command; `portico apps` lists them.\n"
    )


def test_the_remotes_server_wins_over_the_last_login(portico, stub, monkeypatch):
    assert portico("login", stub.url, "--token", "the-token").code == 0
    monkeypatch.delenv("PORTICO_SERVER")
    monkeypatch.delenv("PORTICO_TOKEN")
    from portico.cli import logins
    from portico.cli.logins import Login

    logins.save(logins.load().with_login(Login("http://127.0.0.1:9", "other")))
    repository(f"{stub.url}/-/git/from-git.git")
    stub.answers["GET /apps/from-git/processes"] = (200, [])
    assert portico("ps", "--json").code == 0


def test_without_a_server_says_how_to_get_one(portico, home):
    assert portico("apps").stderr == (
        "No server is known yet.\n"
        f"PORTICO_SERVER is not set, and {home}/.config/portico/config.json holds no login.\n"
        "Next: Log in: `portico login URL`. To try Portico on this machine: `portico demo`.\n"
    )


def test_without_a_token_says_how_to_get_one(portico, home, monkeypatch):
    monkeypatch.setenv("PORTICO_SERVER", "https://apps.example.org/")
    assert portico("apps").stderr == (
        "There is no token for https://apps.example.org.\n"
        f"PORTICO_TOKEN is not set, and {home}/.config/portico/config.json holds no login to this "
        "server.\n"
        "Next: Log in: `portico login https://apps.example.org`.\n"
    )


def test_a_server_of_another_version_is_told_once_beside_the_result(portico, stub):
    stub.version = "7.8.9"
    result = portico("apps", "--json")
    assert (result.code, result.stdout) == (0, "[]\n")
    assert result.stderr == (
        "This command and the server have different versions.\n"
        f"This is Portico 0.1.0, {stub.url} runs 7.8.9; some things may not work.\n"
        "Next: Install the server's version here: `pip install 'portico==7.8.9'`.\n"
    )


def test_a_server_of_another_patch_version_is_not_mentioned(portico, stub):
    stub.version = "0.1.99"
    assert portico("apps", "--json").stderr == ""


def test_a_remote_whose_address_is_none_is_no_remote(portico, stub):
    repository("http://[foo/-/git/app.git")
    assert portico("ps").stderr.startswith("It is not clear which app is meant.\n")


@pytest.mark.parametrize("token", ["tök", "two words", "line\n"])
def test_a_token_that_is_none_is_an_error(portico, stub, monkeypatch, token):
    monkeypatch.setenv("PORTICO_TOKEN", token)
    assert portico("whoami").stderr == (
        "The token cannot be used.\n"
        "It has characters that no token has, for example a space or the end of a line.\n"
        "Next: Set PORTICO_TOKEN to the token alone, or log in again: `portico login URL`.\n"
    )
