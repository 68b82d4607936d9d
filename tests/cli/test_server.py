"""`portico server` against a real supervisor over stand-ins."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supervisor.harness import Fake, fake_server
from tests.waiting import until


@pytest.fixture
def fake() -> Iterator[Fake]:
    with fake_server() as fake:
        yield fake


def test_status_names_the_three_processes(fake: Fake, portico):
    fake.start()
    done = portico("server", "status", "--data", str(fake.layout.data), "--json")
    assert done.code == 0
    assert json.loads(done.stdout) == {
        "url": f"http://{fake.listen}",
        "processes": [
            {"name": name, "pid": pid, "state": "running"} for name, pid in fake.pids().items()
        ],
    }
    shown = portico("server", "status", "--data", str(fake.layout.data))
    assert shown.stdout.splitlines()[0] == f"http://{fake.listen}"
    assert [line.split()[0] for line in shown.stdout.splitlines()[2:]] == ["web", "agent", "router"]


def test_status_tells_what_runs_without_a_supervisor(fake: Fake, portico):
    fake.start()
    pids = fake.pids()
    fake.kill()
    os.kill(pids["web"], signal.SIGKILL)
    until(lambda: fake.pids()["web"] is None, "web's end")
    done = portico("server", "status", "--data", str(fake.layout.data), "--json")
    assert done.code == 1
    states = {p["name"]: (p["pid"], p["state"]) for p in json.loads(done.stdout)["processes"]}
    assert states == {
        "web": (None, "stopped"),
        "agent": (pids["agent"], "running"),
        "router": (pids["router"], "running"),
    }


def test_status_of_nothing_fails_and_says_so(tmp_path: Path, portico):
    done = portico("server", "status", "--data", str(tmp_path))
    assert done.code == 1
    assert done.stdout.splitlines()[0] == f"No server runs on {tmp_path}."


def test_stop_waits_until_all_has_ended(fake: Fake, portico):
    fake.start()
    done = portico("server", "stop", "--data", str(fake.layout.data))
    assert (done.code, done.stdout) == (0, "Portico has stopped.\n")
    assert fake.process.wait(20) == 0
    assert fake.status().nothing_runs


def test_restart_waits_until_the_new_web_answers(fake: Fake, portico):
    fake.start()
    before = fake.pids()
    done = portico("server", "restart", "--data", str(fake.layout.data))
    assert (done.code, done.stdout) == (0, "Portico has restarted.\n")
    after = fake.pids()
    assert after["router"] == before["router"]
    assert after["web"] != before["web"]


@pytest.mark.parametrize("command", ["stop", "restart"])
def test_what_does_not_run_is_explained(tmp_path: Path, portico, command: str):
    done = portico("server", command, "--data", str(tmp_path))
    assert done.code == 1
    assert done.stderr == (
        "No server runs on this data folder.\n"
        f"Nothing of a server on {tmp_path} was found running.\n"
        f"Next: Start one with `portico server start --data {tmp_path}`, or give another --data.\n"
    )


@pytest.mark.parametrize("command", ["stop", "restart", "token", "rotate-key"])
def test_a_data_folder_that_is_not_there_is_explained(tmp_path: Path, portico, command: str):
    done = portico("server", command, "--data", str(tmp_path / "none"))
    assert done.code == 1
    assert done.stderr == (
        "There is no server's data there.\n"
        f"{tmp_path}/none: No such file or directory.\n"
        "Next: Say with --data where it lies, or start a server with `portico server start`.\n"
    )


@pytest.mark.parametrize("command", ["token", "rotate-key"])
def test_a_server_that_never_ran_has_neither_tokens_nor_keys(tmp_path: Path, portico, command: str):
    done = portico("server", command, "--data", str(tmp_path))
    assert done.code == 1
    assert done.stderr == (
        "This server has never been started.\n"
        f"There is nothing of a server in {tmp_path}.\n"
        f"Next: Start it with `portico server start --data {tmp_path}`, then try again.\n"
    )


@pytest.mark.root
@pytest.mark.parametrize("command", ["stop", "restart", "token", "rotate-key"])
def test_another_users_server_is_explained(tmp_path: Path, portico, command: str):
    os.chown(tmp_path, 12345, 12345)
    done = portico("server", command, "--data", str(tmp_path))
    assert done.code == 1
    assert done.stderr == (
        "This server belongs to another user.\n"
        f"{tmp_path} belongs to user 12345; this command runs as user 0.\n"
        "Next: Run the command as that user, for example with sudo, or give another --data.\n"
    )


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "PORTICO_CA_BUNDLE",
            "/not/there.pem",
            "The setting ca_bundle names a file that cannot be read.\n"
            "/not/there.pem: No such file or directory.\n"
            "Next: Correct the setting, or put the certificates there.\n",
        ),
        (
            "PORTICO_APP_NETWORK",
            "198.18.0.0/31",
            "The setting app_network cannot be used.\n"
            "It says '198.18.0.0/31'. A network of processes has at least 4 addresses.\n"
            "Next: Correct it in DATA/portico.toml, or in the variables of the server.\n",
        ),
        (
            "PORTICO_KEPT_RELEASES",
            "0",
            "The setting kept_releases cannot be used.\n"
            "It says '0'. Input should be greater than or equal to 1.\n"
            "Next: Correct it in DATA/portico.toml, or in the variables of the server.\n",
        ),
        (
            "PORTICO_DEPLOY_BRANCHES",
            "main",
            "A variable of the server cannot be understood.\n"
            'Error parsing value for field "deploy_branches" from source "envsettingssource".\n'
            "Next: In variables, lists and tables are JSON, such as "
            "PORTICO_DEPLOY_BRANCHES='[\"main\"]'.\n",
        ),
    ],
)
def test_a_server_does_not_start_on_settings_that_cannot_be_meant(
    variable: str, value: str, message: str, tmp_path: Path, portico, monkeypatch
):
    monkeypatch.setenv(variable, value)
    done = portico("server", "start", "--data", str(tmp_path))
    assert done.code == 1
    assert done.stderr == message.replace("DATA", str(tmp_path))
