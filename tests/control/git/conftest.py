"""Fixtures: a working copy, and a look at what a refused push has left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.git.author import Author
from tests.control.running import Forwarder, Web, poll


@pytest.fixture
def author(web: Web, forwarder: Forwarder, tmp_path: Path) -> Author:
    folder = tmp_path / "work"
    folder.mkdir()
    token = web.router.headers["Authorization"].removeprefix("Bearer ")
    author = Author(folder, forwarder.port, token)
    author.git("init", "--quiet")
    return author


@pytest.fixture
def nothing_made(web: Web) -> Iterator[None]:
    """After the test: no app `bad`, no repository, no archive, no folder of the hook."""
    yield
    assert web.api("GET", "/apps/bad").status_code == 404
    # git has its answer before the last of the push is put away
    poll(lambda: not (web.data / "web" / "git" / "bad.git").exists())
    assert not list((web.data / "web" / "sources" / "incoming").iterdir())
