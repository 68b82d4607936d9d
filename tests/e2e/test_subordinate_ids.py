"""A server without root whose user has subordinate ids: each app has a user of its own."""

from __future__ import annotations

import io
import os
import re
import signal
import tarfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from portico.client.api import Client
from portico.engines.local.process_table.pids import PROC
from tests.servers import Server, started
from tests.subordinate import OrdinaryUser, ordinary_user
from tests.waiting import until

WORKS = Path(__file__).resolve().parents[1] / "apps" / "works"


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> Iterator[OrdinaryUser]:
    with ordinary_user() as user:
        # By its name a server knows its processes.
        runtime = user.home / f"run-of-{user.home.parent.name}"
        monkeypatch.setenv("PORTICO_RUNTIME", str(runtime))
        yield user


def test_apps_of_an_ordinary_users_server_are_kept_apart(user: OrdinaryUser) -> None:
    data = user.home / "data"
    with started(data, user) as server, closing(Client(server.url, server.token)) as client:
        for app in ("one", "two"):
            deploy(client, app)
            said(server, "exec", app, "--", "sh", "-c", f"umask 077; echo {app} > /data/mine")
        pids = {app: pid(client, app) for app in ("one", "two")}
        mine, others = (host_user(pids[app]) for app in ("one", "two"))
        assert len({mine, others, user.uid}) == 3
        assert_kept_apart(server, user, pids)
        assert_examined_from_where_the_agent_is(client)
        survives_the_agent(server, client, pids)
        assert host_user(pid(client, "one")) == mine
        server.stop()
        assert running_as({mine, others}) == []
        server.start()  # meanwhile all files were the ordinary user's
        assert host_user(pid(client, "one")) == mine
        assert said(server, "exec", "one", "--", "cat", "/data/mine") == "one\n"
    assert user.run("rm", "-r", str(data)).stderr == ""
    assert not data.exists()


def deploy(client: Client, app: str) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        tar.add(WORKS, arcname=".")
    archive = io.BytesIO(stream.getvalue())
    asked = client.deploy(app, archive, len(archive.getvalue()), create=True)
    ended = until(lambda: (now := client.deploy_state(app, asked.id)).final and now)
    assert ended
    assert ended.state == "live", ended.problem


def assert_examined_from_where_the_agent_is(client: Client) -> None:
    """In the namespace with the apps' users, where all of their files can be counted."""
    client.examination(again=True)
    found = until(lambda: None if (now := client.examination()).looking else now)
    assert found
    assert found.machine.checks, found.machine.problem
    on = {check.name: check.on for check in found.machine.checks}
    assert on["a user of its own for each app"]
    assert on["subordinate ids for all apps"]
    assert found.machine.as_root is False
    assert found.disk.use
    assert {app["name"] for app in found.disk.use["apps"]} == {"one", "two"}


def pid(client: Client, app: str) -> int:
    """That of the only process, once there is one only."""
    found = until(lambda: client.processes(app) if len(client.processes(app)) == 1 else [])
    assert found[0].pid is not None
    return found[0].pid


def said(server: Server, *words: str) -> str:
    """What a command of a person's answers."""
    done = server.cli(*words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def assert_kept_apart(server: Server, user: OrdinaryUser, pids: dict[str, int]) -> None:
    """Also without their sandboxes: a program of the first app's user, outside of any."""
    mine, others = (server.layout.app_data(number) for number in (1, 2))
    become = "setpriv --reuid=1001 --regid=1001 --clear-groups --no-new-privs"
    # Past the folders that the server's user has closed: as if they were open.
    attempts = (
        f"cd {mine} && {become} cat mine",
        f"cd {others} && {become} cat mine",
        f"{become} kill -0 {pids['one']} && echo may end the first",
        f"{become} kill -0 {pids['two']} && echo may end the second",
        f"{become} cat /proc/{pids['two']}/environ",
        f"{become} cat {server.layout.lock}",
    )
    namespace = f"--user=/proc/{launcher(pids['one'])}/ns/user"
    done = user.run("nsenter", namespace, "sh", "-c", "; ".join(attempts))
    assert done.stdout == "one\nmay end the first\n"
    assert re.findall(r": ([\w ]+)$", done.stderr, re.MULTILINE) == [
        "Permission denied",
        "Operation not permitted",
        "Permission denied",
        "Permission denied",
    ]


def survives_the_agent(server: Server, client: Client, pids: dict[str, int]) -> None:
    """And is the new one's as it was the old one's: seen, entered, ended, followed."""
    agent = server.pid("agent")
    os.kill(agent, signal.SIGKILL)
    until(lambda: server.pid("agent") != agent)
    assert said(server, "exec", "one", "--", "cat", "/data/mine") == "one\n"
    assert pid(client, "one") == pids["one"]
    deploy(client, "one")
    until(lambda: pid(client, "one") != pids["one"])
    assert said(server, "run", "one", "--", "cat", "/data/mine") == "one\n"
    assert "GET / " in said(server, "logs", "one")


def host_user(pid: int) -> int:
    """Who a process is to the machine."""
    return (PROC / str(pid)).stat().st_uid


def launcher(pid: int) -> int:
    """bubblewrap outside of the sandbox, two above the command."""
    for _ in range(2):
        status = (PROC / str(pid) / "status").read_text()
        pid = int(re.search(r"^PPid:\s(\d+)", status, re.MULTILINE)[1])  # type: ignore[index]
    return pid


def running_as(users: set[int]) -> list[Path]:
    """Processes of these users of the machine."""
    found = []
    for process in PROC.glob("[0-9]*"):
        with suppress(FileNotFoundError):
            found += [process] if process.stat().st_uid in users else []
    return found
