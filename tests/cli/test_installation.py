"""`portico server install` and `uninstall`, as they are typed. What they do: tests/installation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from portico.cli.installation import passed_on


@pytest.mark.root
def test_a_dry_run_says_all_and_does_nothing(tmp_path: Path, portico):
    places = ("--prefix", str(tmp_path / "opt"), "--command", str(tmp_path / "bin/portico"))
    data = tmp_path / "data"
    words = ("server", "install", *places, "--data", str(data), "--listen", "127.0.0.1:8123")
    done = portico(*words, "--from", "/w/portico-9-py3-none-any.whl", "--dry-run")
    assert (done.code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"Would: Make the folder {tmp_path}/opt"
    assert f"Would: Write {data}/portico.toml" in lines
    (line,) = [line for line in lines if line.startswith("Would: Install ")]
    assert "/w/portico-9-py3-none-any.whl into " in line  # with the extras that are there
    assert not any(path.name in ("opt", "bin", "data") for path in tmp_path.iterdir())


def test_an_address_that_cannot_be_meant_is_explained_before_anything_is_done(portico):
    done = portico("server", "install", "--listen", "80")
    assert (done.code, done.stderr) == (
        1,
        "The address to listen on cannot be understood.\n"
        "It is '80'; HOST:PORT is expected, with a port from 1 to 65535.\n"
        "Next: Give one such as --listen 127.0.0.1:8000, or --listen 0.0.0.0:80 for everybody.\n",
    )


def test_what_is_not_installed_is_explained(tmp_path: Path, portico):
    done = portico("server", "uninstall", "--prefix", str(tmp_path))
    assert (done.code, done.stderr) == (
        1,
        "No server is installed here.\n"
        f"There is no {tmp_path}/installation.json.\n"
        "Next: Give the folder with --prefix, or install one with `portico server install`.\n",
    )


def test_the_server_gets_the_variables_that_it_would_have_if_it_were_started_here(monkeypatch):
    for name in list(os.environ):
        monkeypatch.delenv(name)
    here = {"HOME": "/root", "PATH": "/bin", "LANG": "C", "PORTICO_DATA": "/x", "EDITOR": "vi"}
    wanted = {"HTTPS_PROXY": "http://p:1", "UV_INDEX_URL": "https://i", "PORTICO_APPS_HOST": "a"}
    for name, value in (here | wanted).items():
        monkeypatch.setenv(name, value)
    assert passed_on() == wanted
