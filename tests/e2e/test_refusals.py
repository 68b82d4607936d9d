"""What the server refuses at its door, while an app serves behind it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portico.client.api import Client
from portico.errors import PorticoError
from tests.e2e.load import load
from tests.e2e.steps import SOURCE, Stepping, archive
from tests.ports import free_port
from tests.servers import Server
from tests.waiting import until


@pytest.fixture(scope="module")
def app(server: Server) -> Iterator[Stepping]:
    app = Stepping(server, "target")
    app.deployed()
    server.open_to_all(app.name)
    yield app
    app.client.destroy_app(app.name)
    app.close()


def test_a_push_beside_another_is_refused_by_name(app: Stepping, tmp_path: Path) -> None:
    before, ran = app.page(), len(app.reached("release"))
    git(tmp_path, "init", "-q", "-b", "main", "work")
    work = Path(shutil.copytree(SOURCE, tmp_path / "work", dirs_exist_ok=True))
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "first")
    url = app.server.git_url(app.name)
    with load(app.url, clients=2) as clients, ThreadPoolExecutor(1) as pool:
        with app.held_at("release"):
            first = pool.submit(git, work, "push", url, "main")
            until(lambda: len(app.reached("release")) > ran)
            second = git(work, "push", url, "main")
        assert first.result().returncode == 0, first.result().stderr
    assert second.returncode != 0
    assert said(second) == [
        f"Somebody is pushing to {app.name} already.",
        "A push by admin is under way; an app takes one at a time.",
        "Push again when it has ended.",
    ]
    assert (clients.failed, app.page() != before) == ([], True)
    app.assert_nothing_half_made()


NAMES = {
    "static": {
        "title": "The name 'static' is not free.",
        "detail": "The platform keeps it for itself, or an app has it.",
        "hint": "Choose another name, for example my-static.",
    },
    "Über": {
        "title": "'Über' cannot be the name of an app.",
        "detail": "A name has 2 to 40 characters: lower-case letters, digits and dashes. "
        "It begins with a letter and does not end with a dash.",
        "hint": "Choose another name, for example ber.",
    },
    "target": {
        "title": "The name 'target' is taken.",
        "detail": "There is an app of this name on this server.",
        "hint": "Choose another name, or deploy to that app: portico deploy --app target",
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_cannot_be_had_is_refused(app: Stepping, name: str) -> None:
    with pytest.raises(PorticoError) as refusal:
        app.client.create_app(name)
    assert refusal.value.as_dict() == NAMES[name]


def test_a_wrong_token_is_refused(app: Stepping) -> None:
    stranger = Client(app.server.url, "wrong")
    try:
        with pytest.raises(PorticoError) as refusal:
            stranger.deploy(app.name, io.BytesIO(archive()), len(archive()))
    finally:
        stranger.close()
    url = app.server.url
    assert refusal.value.as_dict() == {
        "title": "The server did not accept your token.",
        "detail": f"{url} answered 401: the token is wrong, was revoked or belongs to another "
        "server.",
        "hint": f"Log in again: `portico login {url}`, or set PORTICO_TOKEN to a valid token.",
    }


def test_a_second_server_on_the_data_folder_is_refused(app: Stepping) -> None:
    server, data = app.server, app.server.data
    listen = f"127.0.0.1:{free_port()}"
    done = server.cli("server", "start", "--data", str(data), "--listen", listen)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.sub(r"Process \d+", "Process NNN", done.stderr) == (
        "A server runs on this data folder already.\n"
        f"Process NNN holds {data}/server.lock.\n"
        f"Next: See it with `portico server status --data {data}`, stop it with "
        f"`portico server stop --data {data}`, or start this one with another --data.\n"
    )
    assert app.page()


def test_a_port_in_use_is_refused(app: Stepping) -> None:
    server = app.server
    port = server.listen.rpartition(":")[2]
    with tempfile.TemporaryDirectory(prefix="portico-") as folder:
        Path(folder).chmod(0o755)
        other = Server(Path(folder))
        done = other.cli("server", "start", "--data", str(other.data), "--listen", server.listen)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.sub(r"Process \d+ \(.*?\)", "Process NNN (X)", done.stderr) == (
        f"Port {port} is in use.\n"
        f"Process NNN (X) listens on port {port} already.\n"
        "Next: Stop it, or choose another port with --listen HOST:PORT.\n"
    )
    assert app.page()


def test_a_second_server_in_the_runtime_folder_is_refused(app: Stepping) -> None:
    server = app.server
    with tempfile.TemporaryDirectory(prefix="portico-") as folder:
        Path(folder).chmod(0o755)
        done = server.cli(
            "server", "start", "--data", f"{folder}/d", "--listen", f"127.0.0.1:{free_port()}"
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Another server has this runtime folder.\n"
        f"{server.layout.runtime} is used by the server on {server.data}.\n"
        "Next: Start this one without PORTICO_RUNTIME or with another, or end that one: "
        f"portico server stop --data {server.data}\n"
    )
    assert app.page()


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@portico.test")
    return subprocess.run(
        ("git", *author, *words), cwd=folder, capture_output=True, text=True, check=False
    )


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What the server said to a push."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("remote: ")]
    return [line.removeprefix("remote: ").strip() for line in lines if line.strip() != "remote:"]
