"""`portico deploy`."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import tarfile
from pathlib import Path

import pytest

from portico.cli.deploy import commit_of
from tests.cli.stub import BREAK, HOLD


@pytest.fixture
def folder(home: Path) -> Path:
    """An app that nothing is wrong with, in the current folder."""
    folder = home / "folder"
    (folder / "Procfile").write_text("web: python app.py\n")
    (folder / "requirements.txt").write_text("flask==3.1.0\n")
    (folder / "app.py").write_text("print('hello')\n")
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "a.log").write_text("left out\n")
    return folder


def log(stub, *lines, end=None):
    stub.streams["/apps/folder/deploys/7/log"] = [
        [
            *({"time": None, "line": line} for line in lines),
            {"deploy": end or stub.deploy("folder")},
        ]
    ]


def test_uploads_the_folder_and_prints_the_log(portico, stub, folder):
    log(stub, "Installing flask", "Starting web.1")
    result = portico("deploy")
    assert (result.code, result.stderr) == (0, "")
    *lines, last = result.stdout.splitlines()
    assert lines[0] == "Packing 4 files"
    assert lines[1].startswith("Uploading 0.")
    assert lines[2:] == ["Installing flask", "Starting web.1"]
    assert re.fullmatch(rf"Live after [0-9.]+ s: {stub.url}/folder/", last)
    upload = stub.only("POST", "/apps/folder/deploys")
    assert upload.query == {"create": "1"}
    with tarfile.open(fileobj=io.BytesIO(upload.body)) as tar:
        assert tar.getnames() == [".gitignore", "Procfile", "app.py", "requirements.txt"]


def test_for_scripts_one_line_ends_it_and_all_else_is_on_stderr(portico, stub, folder):
    stub.add("other")
    stub.streams["/apps/other/deploys/7/log"] = [[{"deploy": stub.deploy("other")}]]
    result = portico("deploy", str(folder), "--app", "other", "--no-cache", "--json")
    (line,) = result.stdout.splitlines()
    found = json.loads(line)
    assert found.pop("seconds") > 0
    assert found == {"app": "other", "release": 4, "url": f"{stub.url}/other/"}
    assert result.stderr.startswith("Packing 4 files\nUploading ")
    assert stub.only("POST", "/apps/other/deploys").query == {"no_cache": "1"}


def test_a_failed_deploy_is_told_in_three_parts(portico, stub, folder):
    problem = {"title": "The app did not start.", "detail": "It exited.", "hint": "Mend it."}
    log(stub, "Starting web.1", end=stub.deploy("folder", "failed", problem=problem))
    result = portico("deploy", "--json")
    assert (result.code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "Starting web.1\nThe app did not start.\nIt exited.\nNext: Mend it.\n"
    )


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            "cancelled",
            "The deploy of folder was cancelled.\n"
            "What was live before stays live.\n"
            "Next: `portico deploy --app folder` starts another.\n",
        ),
        (
            "superseded",
            "A newer deploy of folder has taken this one's place.\n"
            "It was still waiting for its turn.\n"
            "Next: `portico logs folder --build -f` follows the newer one.\n",
        ),
        (
            "failed",
            "The deploy of folder has failed.\n"
            "It ended as failed; the server gave no reason.\n"
            "Next: Look at its log: `portico logs folder --build`.\n",
        ),
    ],
)
def test_an_end_without_a_problem_is_explained(portico, stub, folder, state, message):
    log(stub, end=stub.deploy("folder", state))
    result = portico("deploy")
    assert (result.code, result.stderr) == (1, message)


def test_a_log_that_breaks_is_followed_further(portico, stub, folder):
    one, two = {"time": None, "line": "one"}, {"time": None, "line": "two"}
    end = {"deploy": stub.deploy("folder")}
    stub.streams["/apps/folder/deploys/7/log"] = [[one, BREAK], [BREAK], [one, two, end]]
    result = portico("deploy")
    assert result.stdout.splitlines()[2:4] == ["one", "two"]
    assert result.code == 0


def test_control_bytes_in_the_log_do_not_reach_the_terminal(portico, stub, folder):
    log(stub, "\x1b]0;title\x07 \x9b2J")
    assert portico("deploy").stdout.splitlines()[2] == "\\x1b]0;title\\x07 \\x9b2J"


def test_what_would_surely_fail_is_not_uploaded(portico, stub, folder):
    (folder / "Procfile").write_text("web python app.py\n")
    result = portico("deploy")
    assert result.code == 1
    assert result.stderr.startswith("error    Procfile:1 `web python app.py` has no colon.\n")
    assert result.stderr.endswith(
        "folder cannot be deployed as it is.\n"
        "A deploy would fail of one problem.\n"
        "Next: Correct what is marked as error; `portico check` looks again.\n"
    )
    assert stub.queries("POST", "/apps/folder/deploys") == []


def test_a_path_that_is_not_there_is_an_error(portico, stub, home):
    assert portico("deploy", "nowhere").stderr == (
        "There is no folder nowhere.\n"
        f"Searched in {home}/folder.\n"
        "Next: Give the folder that has the Procfile in it, or go there and leave PATH out.\n"
    )


def test_a_file_instead_of_a_folder_is_an_error(portico, stub, folder):
    assert portico("deploy", "app.py").stderr == (
        "app.py is not a folder.\n"
        "A deploy takes a whole folder.\n"
        "Next: Give the folder that has the Procfile in it, or go there and leave PATH out.\n"
    )


def test_a_folder_whose_name_makes_none_asks_for_one(portico, stub, home):
    (home / "2026").mkdir()
    assert portico("deploy", str(home / "2026")).stderr == (
        "The app needs a name.\n"
        "The folder's name, '2026', has no two letters to make one of.\n"
        "Next: Name it: `portico deploy --app NAME`.\n"
    )


def test_an_empty_folder_is_an_error(portico, stub, home):
    assert portico("deploy").stderr == (
        "folder holds nothing to deploy.\n"
        "There are no files in it, or .gitignore leaves out all of them.\n"
        "Next: Put the app there, with a Procfile and its requirements, or give another PATH.\n"
    )


def test_a_virtual_environment_among_the_files_is_mentioned(portico, stub, folder):
    (folder / "venv").mkdir()
    (folder / "venv" / "pyvenv.cfg").touch()
    log(stub)
    assert "It is a virtual environment, of no use on the server" in portico("deploy").stderr


def test_tells_the_commit_and_whether_there_is_more(folder):
    person = ("-c", "user.name=Alice", "-c", "user.email=alice@example.org")
    assert commit_of(folder) is None
    subprocess.run(["git", "init", "-q"], check=True)
    assert commit_of(folder) is None
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", *person, "commit", "-qm", "x"], check=True)
    subprocess.run(["git", *person, "tag", "-am", "x", "v1"], check=True)
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    assert commit_of(folder) == head
    (folder / "app.py").write_text("changed")
    assert commit_of(folder) == f"{head}-dirty"


def test_cancels_what_is_under_way(portico, stub, folder):
    running = stub.deploy("folder", "building", id=9)
    waiting = stub.deploy("folder", "queued", id=10)
    stub.answers["GET /apps/folder/deploys"] = (200, [waiting, running, stub.deploy("folder")])
    stub.answers["DELETE /apps/folder/deploys/9"] = (202, running)
    stub.answers["DELETE /apps/folder/deploys/10"] = (202, waiting)
    assert portico("deploy", "--cancel").stdout == (
        "Cancelling deploy 10 of folder, which was queued.\n"
        "Cancelling deploy 9 of folder, which was building.\n"
    )


def test_with_nothing_to_cancel_says_so(portico, stub, folder):
    stub.answers["GET /apps/folder/deploys"] = (200, [stub.deploy("folder")])
    assert portico("deploy", "--cancel").stderr == (
        "There is nothing to cancel for folder.\n"
        "None of its deploys is waiting or under way.\n"
        "Next: `portico releases folder` shows what has been deployed.\n"
    )


def test_a_refused_upload_is_told_as_the_server_does(portico, stub, folder):
    problem = {"title": "The source is too large.", "detail": "9 MB.", "hint": "Leave some out."}
    stub.answers["POST /apps/folder/deploys"] = (413, problem)
    result = portico("deploy")
    assert result.code == 1
    assert result.stderr == "The source is too large.\n9 MB.\nNext: Leave some out.\n"


def test_ctrl_c_ends_the_following_but_not_the_deploy(child, stub, folder):
    stub.streams["/apps/folder/deploys/7/log"] = [[{"time": None, "line": "Building"}, HOLD]]
    process = child("deploy")
    assert process.stdout is not None
    while (line := process.stdout.readline()) != b"Building\n":
        assert line
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert stderr.decode() == (
        "The deploy of folder goes on without you.\n"
        "Ctrl-C has ended only the following of its log.\n"
        "Next: Cancel it with `portico deploy --cancel --app folder`, see its log with "
        "`portico logs folder --build`.\n"
    )
    assert [each for each in stub.asked if each.method == "DELETE"] == []


def test_an_unreachable_server_is_explained(portico, stub, folder, monkeypatch):
    monkeypatch.setenv("PORTICO_SERVER", "http://127.0.0.1:9")
    assert portico("deploy").stderr == (
        "The server at http://127.0.0.1:9 cannot be reached.\n"
        "Connection refused.\n"
        "Next: Check the address (`portico login URL` or PORTICO_SERVER) and, on the server, "
        "`portico server status`.\n"
    )
