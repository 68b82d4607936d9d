"""Sources of people who mean no good, through the real API to a server with an app that serves."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portico.client.documents import Problem
from portico.errors import PorticoError
from tests.builder.archives import member
from tests.e2e.load import load
from tests.e2e.steps import Stepping, archive
from tests.servers import Server, started

SETTINGS = "max_source_files = 1000\nmax_unpacked_bytes = 67108864\nmax_source_bytes = 33554432\n"
PIECE = 64 << 20


def packed(*members: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for info in members:
            tar.addfile(info)
    return stream.getvalue()


def ten_gigabytes_of_zeros() -> bytes:
    """As many times the same piece, packed once: a gzip file may have several parts."""
    info = member("zeros")
    info.size = 10 << 30
    return gzip.compress(info.tobuf()) + gzip.compress(bytes(PIECE)) * (info.size // PIECE)


def refused(what: str) -> Problem:
    return Problem(
        title="The source archive was refused.",
        detail=f"It contains {what}.",
        hint="Remove it from the app's folder and deploy again.",
    )


def unreadable(why: str) -> Problem:
    return Problem(
        title="The source archive cannot be read.",
        detail=f"It is damaged or not a tar.gz archive: {why}.",
        hint="Deploy again with `portico deploy` or `git push`, which make the archive themselves.",
    )


LINK = tarfile.SYMTYPE
REFUSED: dict[str, tuple[Callable[[], bytes], Problem]] = {
    "parents": (
        lambda: packed(member("a/../../evil")),
        refused("a/../../evil; its name leads out of the folder"),
    ),
    "absolute": (lambda: packed(member("/etc/evil")), refused("/etc/evil; its name is absolute")),
    "link": (
        lambda: packed(member("out", LINK, "/etc/passwd")),
        refused("out; it is a link to /etc/passwd, outside of it"),
    ),
    "relative-link": (
        lambda: packed(member("out", LINK, "../../../data")),
        refused("out; it is a link to ../../../data, outside of it"),
    ),
    "hard-link": (
        lambda: packed(member("out", tarfile.LNKTYPE, "nowhere")),
        refused("out; it is a hard link to something that is not in the archive"),
    ),
    "device": (
        lambda: packed(member("disk", tarfile.BLKTYPE)),
        refused("disk; it is a block device"),
    ),
    "pipe": (lambda: packed(member("pipe", tarfile.FIFOTYPE)), refused("pipe; it is a named pipe")),
    "many-files": (
        lambda: packed(*(member(f"f{number}") for number in range(1001))),
        Problem(
            title="The source has too many files.",
            detail="It has more than 1,000 files and folders, the limit of this server.",
            hint="Leave out virtual environments, node_modules and data with a .gitignore file, "
            "or ask the operator to raise max_source_files.",
        ),
    ),
    "zeros": (
        ten_gigabytes_of_zeros,
        Problem(
            title="The source is too large.",
            detail="Unpacked it takes more than 64 MiB, the limit of this server.",
            hint="Leave out data and build output with a .gitignore file, or ask the operator to "
            "raise max_unpacked_bytes.",
        ),
    ),
    "no-tar": (lambda: gzip.compress(b"no tar archive" * 99), unreadable("invalid header")),
    "cut": (
        lambda: archive()[:-9],
        unreadable("Compressed file ended before the end-of-stream marker was reached"),
    ),
    "no-files": (
        lambda: packed(),
        Problem(
            title="2 things keep this app from being built.",
            detail="1. This app has no Procfile. "
            "A file named Procfile in the root folder says how the app is started.\n"
            "2. This app does not say which packages it needs. None of these is in the root "
            "folder: uv.lock, pylock.toml, poetry.lock, Pipfile.lock, requirements.txt, "
            "environment.yml, pyproject.toml.",
            hint="1. Make a file named Procfile with this line:\nweb: python app.py\n"
            "2. Make a file named requirements.txt with one package a line, such as `django==5.2`.",
        ),
    ),
}

REFUSED_AT_ONCE = {
    "nothing": (b"", "It is empty."),
    "zip": (b"PK\x03\x04" * 99, "It does not begin like a gzip file."),
}


@pytest.fixture(scope="module")
def strict_server() -> Iterator[Server]:
    """A server with small limits."""
    with tempfile.TemporaryDirectory(prefix="portico-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        (data / "portico.toml").write_text(SETTINGS)
        with started(data) as server:
            yield server


@pytest.fixture(scope="module")
def app(strict_server: Server) -> Iterator[Stepping]:
    app = Stepping(strict_server, "target")
    app.deployed()
    strict_server.open_to_all(app.name)
    yield app
    app.close()


@pytest.mark.parametrize("kind", REFUSED)
def test_a_hostile_archive_is_refused_by_the_build(app: Stepping, kind: str) -> None:
    content, problem = REFUSED[kind]
    before = app.page()
    with load(app.url, clients=2) as clients:
        done = app.ended(app.upload(io.BytesIO(content())))
    assert (done.state, done.problem) == ("failed", problem)
    assert (clients.failed, app.page()) == ([], before)
    app.assert_nothing_half_made()


@pytest.mark.parametrize("kind", REFUSED_AT_ONCE)
def test_what_is_no_archive_is_refused_at_once(app: Stepping, kind: str) -> None:
    content, found = REFUSED_AT_ONCE[kind]
    deploys = app.client.deploys(app.name)
    with pytest.raises(PorticoError) as refusal:
        app.upload(io.BytesIO(content))
    assert refusal.value.as_dict() == {
        "title": "The source is not an archive.",
        "detail": found,
        "hint": "Send a tar.gz archive, or let portico deploy make it.",
    }
    assert app.client.deploys(app.name) == deploys
    app.assert_nothing_half_made()


def test_an_archive_that_is_too_large_is_refused(app: Stepping) -> None:
    with pytest.raises(PorticoError) as refusal:
        app.upload(io.BytesIO(b"\x1f\x8b" + bytes(32 << 20)))
    assert refusal.value.as_dict() == {
        "title": "The source is too large.",
        "detail": "At most 33554432 bytes are taken.",
        "hint": "Leave out what the app does not need, for example with a .gitignore file.",
    }
    app.assert_nothing_half_made()


def test_deploys_of_one_app_queue_and_the_newest_wins(app: Stepping) -> None:
    before = app.page()
    with load(app.url, clients=2) as clients:
        first = app.upload(held=True)
        second, third = app.upload(), app.upload()
        superseded = app.client.deploy_state(app.name, second.id)
        assert (superseded.state, superseded.problem) == (
            "superseded",
            Problem(
                title="A newer deploy has taken this one's place.",
                detail=f"Deploy {third.id} came in before this one's turn.",
                hint=f"Follow deploy {third.id}; it contains the newer state.",
            ),
        )
        ended = [app.ended(first), app.ended(third)]
    assert [done.state for done in ended] == ["live", "live"]
    assert clients.failed == []
    assert before != app.page() == f"v{ended[1].release}"
    app.assert_nothing_half_made()
